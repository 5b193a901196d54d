"""The environment, read once into one frozen object. Nothing else in the project reads it.

`VARIABLES` is the single list of what may be set; the README and `crmpulse worker --help` print it.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

EMBEDDED_PARTITIONS = 4
"""The embedded broker gives every topic this many partitions, whatever is asked of it."""

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
MEMORY, ROCKSDB = "memory", "rocksdb"
SECRET = "***"
SECRET_BYTES = 32
"""What the key of a signature must have at least."""


class SettingsError(Exception):
    """A variable holds something that it cannot; the message is one sentence that names it."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What may differ from one installation to the next. Built by `Settings.from_env`; durations are milliseconds.

    The last three fields are no variables: they follow from what the broker holds, see `streams.generations`.
    """

    kafka: str
    app: str
    topic_prefix: str
    policy: Path | None
    partitions: int
    replication: int | None
    flush_ms: int
    flush_pending: int
    refresh_ms: int
    tick_ms: int
    session_ms: int
    transaction_ms: int
    in_flight: int
    dead_letter_share: float
    dead_letter_run: int
    web_host: str
    web_port: int
    score_gauge: bool
    security_protocol: str
    sasl_mechanism: str
    sasl_username: str | None
    sasl_password: str | None
    ca_file: Path | None
    embedded: bool
    store: str
    store_dir: Path | None
    store_cache: int
    dashboard_host: str
    dashboard_port: int
    dashboard_origin: str | None
    dashboard_secret: str | None
    dashboard_secret_file: Path | None
    dashboard_oidc_issuer: str | None
    dashboard_oidc_audience: str | None
    dashboard_oidc_jwks_url: str | None
    dashboard_oidc_role_claim: str
    dashboard_oidc_employee_claim: str
    dashboard_audit_file: Path | None
    generation: int = 1
    """Which generation's topics, groups and transactions are meant."""
    shadow: bool = False
    """Whether the outputs go into topics of the generation's own, as it does not serve yet."""
    output_partitions: Mapping[str, int] = {}
    """Plain name of an output topic -> its partitions on the broker, where they are known; else `partitions`."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Settings from the variables of `environ`, defaults for those not there or empty. Raises `SettingsError`."""
        values: dict[str, Any] = {}
        for variable in VARIABLES:
            text = environ.get(variable.name, "").strip() or variable.default
            try:
                values[variable.field] = variable.parse(text)
            except ValueError as error:
                shown = SECRET if variable.secret else repr(text)
                raise SettingsError(f"{variable.name} is {shown}, but {error}.") from None
        if values["embedded"]:
            if environ.get("CRMPULSE_PARTITIONS", "").strip() not in ("", str(EMBEDDED_PARTITIONS)):
                raise SettingsError(
                    f"CRMPULSE_PARTITIONS must be {EMBEDDED_PARTITIONS} or unset with CRMPULSE_EMBEDDED, "
                    "as the embedded broker knows no other number."
                )
            values["partitions"] = EMBEDDED_PARTITIONS
            if values["store"] != MEMORY:
                raise SettingsError(
                    f"CRMPULSE_STORE must be {MEMORY} or unset with CRMPULSE_EMBEDDED, "
                    "as the embedded broker forgets what such a store is compared with."
                )
        if values["store"] == ROCKSDB and values["store_dir"] is None:
            raise SettingsError(f"CRMPULSE_STORE is {ROCKSDB}, which needs CRMPULSE_STORE_DIR.")
        settings = cls(**values)
        if settings.uses_sasl and not (settings.sasl_username and settings.sasl_password):
            raise SettingsError(
                f"CRMPULSE_SECURITY_PROTOCOL is {settings.security_protocol}, "
                "which needs CRMPULSE_SASL_USERNAME and CRMPULSE_SASL_PASSWORD."
            )
        if settings.sasl_username and not settings.uses_sasl:
            raise SettingsError(
                f"CRMPULSE_SASL_USERNAME is set, but CRMPULSE_SECURITY_PROTOCOL is {settings.security_protocol}, "
                "which would not use it; set SASL_SSL (or SASL_PLAINTEXT)."
            )
        settings.ssl_context()
        settings._check_sign_in()
        return settings

    def _check_sign_in(self) -> None:
        """Raises `SettingsError` for half a way to sign in."""
        if self.dashboard_secret and self.dashboard_secret_file:
            raise SettingsError("Set CRMPULSE_DASHBOARD_SECRET or CRMPULSE_DASHBOARD_SECRET_FILE, not both.")
        oidc = (self.dashboard_oidc_issuer, self.dashboard_oidc_audience, self.dashboard_oidc_jwks_url)
        if any(oidc) and not all(oidc):
            raise SettingsError(
                "CRMPULSE_DASHBOARD_OIDC_ISSUER, CRMPULSE_DASHBOARD_OIDC_AUDIENCE and CRMPULSE_DASHBOARD_OIDC_JWKS_URL "
                "go together; set all three."
            )

    def dashboard_key(self) -> bytes | None:
        """What the dashboard's tokens are signed with; None where none are. Raises `SettingsError`."""
        if self.dashboard_secret_file is None:
            return None if self.dashboard_secret is None else self.dashboard_secret.encode()
        try:
            return _secret(self.dashboard_secret_file.read_text().strip()).encode()
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"CRMPULSE_DASHBOARD_SECRET_FILE is {str(self.dashboard_secret_file)!r}, which cannot be used: {error}."
            ) from None

    @property
    def uses_sasl(self) -> bool:
        return self.security_protocol.startswith("SASL_")

    @property
    def uses_tls(self) -> bool:
        return self.security_protocol.endswith("SSL")

    @property
    def name(self) -> str:
        """What groups and transactions begin with; the first generation has the application's bare name."""
        return self.app if self.generation == 1 else f"{self.app}.g{self.generation}"

    @property
    def intake_group(self) -> str:
        """The consumer group that reads crm.*."""
        return f"{self.name}.intake"

    @property
    def progress_group(self) -> str:
        """The group of the stages, whose committed offsets say how far each of them is."""
        return f"{self.name}.progress"

    @property
    def retractions_group(self) -> str:
        """The group under which it is known how far voids have been looked up; it has no members."""
        return f"{self.name}.retractions"

    def transactional_id(self, stage: str, partition: int) -> str:
        """The id under which one partition of a stage writes; starting a producer with it shuts out the one before."""
        return f"{self.name}-{stage}-{partition}"

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS context for the broker, None without TLS. Raises `SettingsError` for an unusable CA file."""
        if not self.uses_tls:
            return None
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(f"CRMPULSE_CA_FILE is {str(self.ca_file)!r}, which cannot be used: {error}.") from None

    def client_options(self) -> dict[str, Any]:
        """Keyword arguments that every aiokafka client takes: where the broker is and how to be let in."""
        options: dict[str, Any] = {"bootstrap_servers": self.kafka, "security_protocol": self.security_protocol}
        if self.uses_tls:
            options["ssl_context"] = self.ssl_context()
        if self.uses_sasl:
            options |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": self.sasl_password,
            }
        return options

    def shown(self) -> list[tuple[str, str]]:
        """(variable, value) pairs that are fit to print: a secret shows only that it is set."""
        return [
            (variable.name, SECRET if variable.secret and value else "" if value is None else str(value))
            for variable in VARIABLES
            for value in (getattr(self, variable.field),)
        ]

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value}' for name, value in self.shown())})"


class Variable(NamedTuple):
    """One environment variable: its default as it would be written, and what it does, with the unit."""

    name: str
    default: str
    what: str
    parse: Callable[[str], Any]
    secret: bool = False

    @property
    def field(self) -> str:
        """The attribute of `Settings`: CRMPULSE_FLUSH_MS is `flush_ms`."""
        return self.name.removeprefix("CRMPULSE_").lower()


def _text(text: str) -> str | None:
    return text or None


def _path(text: str) -> Path | None:
    return Path(text).expanduser() if text else None


def _file(text: str) -> Path | None:
    path = _path(text)
    if path and not path.is_file():
        raise ValueError("there is no such file")
    return path


def _flag(text: str) -> bool:
    if text.lower() not in ("1", "true", "yes", "on", "0", "false", "no", "off"):
        raise ValueError("it must be 1 or 0")
    return text.lower() in ("1", "true", "yes", "on")


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
            raise ValueError(f"it must be a whole number from {least:,} to {most:,}")
        return int(text)

    return parse


def _share(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,12})?", text) or not 0 <= float(text) <= 1:
        raise ValueError("it must be a share from 0 to 1")
    return float(text)


def _replication(text: str) -> int | None:
    return _number(1, 32)(text) if text else None


def _choice(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.upper() not in allowed:
            raise ValueError(f"it must be one of {', '.join(allowed)}")
        return text.upper()

    return parse


def _store(text: str) -> str:
    if text not in (MEMORY, ROCKSDB):
        raise ValueError(f"it must be {MEMORY} or {ROCKSDB}")
    return text


def _name(text: str) -> str:
    """A part of topic, group and transactional names: what Kafka takes, and short enough to be built upon."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{0,100}", text):
        raise ValueError("it may hold only letters, digits, dots, dashes and underscores, at most 100")
    return text


def _app(text: str) -> str:
    if text in (".", ".."):
        raise ValueError("it must hold at least one letter or digit")
    return _name(text)


def _secret(text: str) -> str:
    if len(text.encode()) < SECRET_BYTES:
        raise ValueError(f"it must have {SECRET_BYTES} bytes at least, as of `openssl rand -hex 32`")
    return text


def _key(text: str) -> str | None:
    return _secret(text) if text else None


def _url(text: str) -> str | None:
    if text and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", text):
        raise ValueError("it must be an address that begins with https:// or http://")
    return text or None


def _origin(text: str) -> str | None:
    if text and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", text):
        raise ValueError("it must be the beginning of an address, as https://crm.example.com")
    return text or None


def _servers(text: str) -> str:
    for server in text.split(","):
        match = re.fullmatch(r"(?:\[([0-9a-fA-F:]+)\]|([^\s:/\[\]]+)):([0-9]{1,5})", server.strip())
        if not match or not 1 <= int(match[3]) <= 65535:
            raise ValueError("it must be host:port, several of them separated by commas")
        if match[1]:
            ipaddress.IPv6Address(match[1])
    return ",".join(server.strip() for server in text.split(","))


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", text):
        raise ValueError("it must be a host name or an address")
    return text


VARIABLES: tuple[Variable, ...] = (
    Variable("CRMPULSE_KAFKA", "localhost:9092", "Kafka's bootstrap servers, host:port[,host:port]", _servers),
    Variable("CRMPULSE_APP", "crm-pulse", "name of this application, in groups and transactions", _app),
    Variable("CRMPULSE_TOPIC_PREFIX", "", "put before the name of every topic, as in acme.", _name),
    Variable("CRMPULSE_POLICY", "", "policy file; none: the built-in default policy", _path),
    Variable("CRMPULSE_PARTITIONS", "8", "partitions of a topic, fixed for a generation", _number(1, 1024)),
    Variable("CRMPULSE_REPLICATION", "", "copies of a topic; none: the broker's own default", _replication),
    Variable("CRMPULSE_FLUSH_MS", "400", "least time between two flushes, ms", _number(1, 60_000)),
    Variable("CRMPULSE_FLUSH_PENDING", "20000", "changes that make a flush come early", _number(1, 10**9)),
    Variable("CRMPULSE_REFRESH_MS", "10000", "how long other periods than the month may wait, ms", _number(0, 600_000)),
    Variable("CRMPULSE_TICK_MS", "1000", "time between two ticks, ms", _number(10, 600_000)),
    Variable("CRMPULSE_SESSION_MS", "10000", "silence after which a worker is gone, ms", _number(1_000, 600_000)),
    Variable("CRMPULSE_TRANSACTION_MS", "120000", "longest time a flush may take, ms", _number(1_000, 900_000)),
    Variable("CRMPULSE_IN_FLIGHT", "16", "what intake sends ahead of the acknowledgements, MiB", _number(1, 1024)),
    Variable("CRMPULSE_DEAD_LETTER_SHARE", "0.5", "refused of a topic's last 10,000 records; more ends", _share),
    Variable("CRMPULSE_DEAD_LETTER_RUN", "1000", "so many refused one after another end the worker", _number(1, 10**9)),
    Variable("CRMPULSE_WEB_HOST", "127.0.0.1", "address of /metrics, /healthz and /readyz", _host),
    Variable("CRMPULSE_WEB_PORT", "6066", "port of the same", _number(0, 65_535)),
    Variable("CRMPULSE_SCORE_GAUGE", "0", "1: everybody's score by employee id on /metrics", _flag),
    Variable("CRMPULSE_SECURITY_PROTOCOL", "PLAINTEXT", f"one of {', '.join(PROTOCOLS)}", _choice(*PROTOCOLS)),
    Variable("CRMPULSE_SASL_MECHANISM", "PLAIN", f"one of {', '.join(MECHANISMS)}", _choice(*MECHANISMS)),
    Variable("CRMPULSE_SASL_USERNAME", "", "who we are to the broker", _text),
    Variable("CRMPULSE_SASL_PASSWORD", "", "and its password; never printed", _text, secret=True),
    Variable("CRMPULSE_CA_FILE", "", "certificates to trust for TLS, PEM; none: the system's", _file),
    Variable("CRMPULSE_EMBEDDED", "0", "1: an embedded broker (4 partitions, no transactions)", _flag),
    Variable("CRMPULSE_STORE", "memory", "memory, or rocksdb for a state that is larger", _store),
    Variable("CRMPULSE_STORE_DIR", "", "folder for rocksdb; what is in it may be lost", _path),
    Variable("CRMPULSE_STORE_CACHE", "4000", "so many customers of a partition stay unpacked", _number(0, 10**9)),
    Variable("CRMPULSE_DASHBOARD_HOST", "127.0.0.1", "address of the dashboard; any other needs tokens", _host),
    Variable("CRMPULSE_DASHBOARD_PORT", "6060", "port of the same", _number(0, 65_535)),
    Variable("CRMPULSE_DASHBOARD_ORIGIN", "", "where browsers find it behind a proxy, https://host", _origin),
    Variable("CRMPULSE_DASHBOARD_SECRET", "", "signs the tokens of `crmpulse token`; never printed", _key, secret=True),
    Variable("CRMPULSE_DASHBOARD_SECRET_FILE", "", "the same in a file", _file),
    Variable("CRMPULSE_DASHBOARD_OIDC_ISSUER", "", "OpenID provider whose tokens are taken, too", _url),
    Variable("CRMPULSE_DASHBOARD_OIDC_AUDIENCE", "", "whom its tokens must be for", _text),
    Variable("CRMPULSE_DASHBOARD_OIDC_JWKS_URL", "", "where it publishes its keys", _url),
    Variable("CRMPULSE_DASHBOARD_OIDC_ROLE_CLAIM", "crmpulse_role", "its claim of the role", str),
    Variable("CRMPULSE_DASHBOARD_OIDC_EMPLOYEE_CLAIM", "crmpulse_employee", "its claim of the employee's id", str),
    Variable("CRMPULSE_DASHBOARD_AUDIT_FILE", "", "commands are written down here, beside the log", _path),
)
"""Every variable: name, default as it would be written, meaning with its unit."""


def table() -> list[tuple[str, str, str]]:
    """(variable, default, what) of every variable, for the README and the help."""
    return [(variable.name, variable.default, variable.what) for variable in VARIABLES]
