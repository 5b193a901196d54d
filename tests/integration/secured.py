"""A real Kafka that demands TLS and a password, and lets each user do only what it was granted."""

import ipaddress
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._scram import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.kafka import Broker

PASSWORD = "correct horse"
ROOT = "root"
"""A user who may do everything."""
LISTENERS = {"SASL": "SASL_PLAINTEXT", "SASL_TLS": "SASL_SSL", "TLS": "SSL"}
MODULES = {"plain": "plain.PlainLoginModule", "scram-sha-256": "scram.ScramLoginModule",
           "scram-sha-512": "scram.ScramLoginModule"}  # fmt: skip
PATIENCE_S = 300
DAY = timedelta(days=1)


class Secured(NamedTuple):
    """The broker; `authority` is the certificate that vouches for it, `stranger` one that does not."""

    broker: Broker
    authority: Path
    stranger: Path

    def environ(self, listener: str, user: str = "", mechanism: str = "SCRAM-SHA-512") -> dict[str, str]:
        """The variables of a user who comes by a listener."""
        protocol = LISTENERS[listener]
        variables = {"CRMPULSE_KAFKA": self.broker.at[listener], "CRMPULSE_SECURITY_PROTOCOL": protocol}
        if protocol.startswith("SASL_"):
            variables |= {
                "CRMPULSE_SASL_MECHANISM": mechanism,
                "CRMPULSE_SASL_USERNAME": user,
                "CRMPULSE_SASL_PASSWORD": PASSWORD,
            }
        return variables | ({"CRMPULSE_CA_FILE": str(self.authority)} if protocol.endswith("SSL") else {})

    def root(self) -> dict[str, str]:
        """The variables of who may do everything, by TLS and a password."""
        return self.environ("SASL_TLS", ROOT)

    def add(self, *users: str) -> None:
        """Users who log in by SCRAM."""
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap})
        for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
            credential = ScramCredentialInfo(mechanism, 4096)
            done = admin.alter_user_scram_credentials(
                [UserScramCredentialUpsertion(user, credential, PASSWORD.encode()) for user in users]
            )
            for future in done.values():
                future.result(30)


@contextmanager
def secured(home: Path) -> Iterator[Secured]:
    """It lives as long as the context. Who comes by the plain listener or without a name may do everything."""
    authority, server = _certificates(home / "own")
    stranger, _ = _certificates(home / "stranger")
    extra = {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:ANONYMOUS;User:{ROOT}",
        "sasl.enabled.mechanisms": ",".join(name.upper() for name in MODULES),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(server),
    }
    for listener in ("sasl", "sasl_tls"):
        for mechanism, module in MODULES.items():
            users = f' user_{ROOT}="{PASSWORD}"' if mechanism == "plain" else ""
            extra[f"listener.name.{listener}.{mechanism}.sasl.jaas.config"] = (
                f"org.apache.kafka.common.security.{module} required{users};"
            )
    with Broker(extra=extra, listeners=LISTENERS) as broker:
        found = Secured(broker, authority, stranger)
        found.add(ROOT)
        yield found


def _certificates(home: Path) -> tuple[Path, Path]:
    """An authority's certificate, and the key and certificate that it made for 127.0.0.1."""
    home.mkdir()
    root, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name, server = _name("authority"), _name("broker")
    own = _built(name, name, root).add_extension(x509.BasicConstraints(True, None), critical=True)
    signed = _built(server, name, key).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (home / "authority.pem").write_bytes(own.sign(root, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    certificate = signed.sign(root, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (home / "server.pem").write_bytes(secret + certificate)
    return home / "authority.pem", home / "server.pem"


def _built(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number(), now - DAY, now + DAY)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Said(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command that has these of our variables and no others."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CRMPULSE_")} | dict(environ)


def run(environ: Mapping[str, str], *arguments: str) -> Said:
    """`crmpulse` with these variables."""
    done = subprocess.run(
        [sys.executable, "-m", "streams", *arguments],
        env=clean(environ), capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    return Said(done.returncode, done.stdout, done.stderr)
