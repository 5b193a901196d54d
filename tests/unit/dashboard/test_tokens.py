"""Tokens: whom they let in, and every way in which one says nothing that can be believed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from streams.dashboard.access import Role
from streams.dashboard.provider import KEPT_S, SOON_S, ProviderKeys
from streams.dashboard.tokens import AUDIENCE, ISSUER, Provider, Tokens, Unauthenticated, make_token

KEY, OTHER = b"k" * 32, b"o" * 32
NOW = int(time.time())
CLAIMS: dict[str, Any] = {
    "iss": ISSUER, "aud": AUDIENCE, "sub": "bob", "role": "employee", "employee": "bob", "iat": NOW, "exp": NOW + 3600,
}  # fmt: skip


def read(token: str, tokens: Tokens | None = None) -> Any:
    return asyncio.run((tokens or Tokens(KEY, None, None)).read(token))


def signed(**changes: Any) -> str:
    claims = CLAIMS | changes
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, KEY, algorithm="HS256")


def test_a_token_says_who_it_is() -> None:
    reader = read(make_token(KEY, Role.MANAGER, "ann", NOW, NOW + 3600))
    assert reader == (Role.MANAGER, "ann", "ann", (NOW + 3600) * 1_000_000)
    reader = read(make_token(KEY, Role.HR, None, NOW, NOW + 3600))
    assert reader == (Role.HR, None, "hr", (NOW + 3600) * 1_000_000)


@pytest.mark.parametrize("role", [Role.EMPLOYEE, Role.MANAGER])
def test_a_token_of_an_employee_names_one(role: Role) -> None:
    with pytest.raises(ValueError, match="--employee"):
        make_token(KEY, role, None, NOW, NOW + 3600)


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (signed(exp=NOW - 1), "expired"),
        (signed(aud="other"), "[Aa]udience"),
        (signed(iss="other"), "[Ii]ssuer"),
        (signed(iat=NOW + 3600), "not yet valid"),
        (signed(exp=None), "exp"),
        (signed(aud=None), "aud"),
        (signed(sub=None), "sub"),
        (signed(role="king"), "none of the roles"),
        (signed(role=None), "none of the roles"),
        (signed(role=7), "none of the roles"),
        (signed(employee=None), "no employee"),
        (signed(employee=7), "no employee's id"),
        (signed(employee=""), "no employee's id"),
        (jwt.encode(CLAIMS, OTHER, algorithm="HS256"), "Signature"),
        (jwt.encode(CLAIMS, KEY * 2, algorithm="HS512"), "HS512"),
        (jwt.encode(CLAIMS, "", algorithm="none"), "'none'"),
        (signed()[:-4], "cannot be taken"),
        ("", "cannot be taken"),
        ("a.b.c", "cannot be taken"),
    ],
)
def test_what_cannot_be_believed_is_refused_in_one_sentence(token: str, why: str) -> None:
    with pytest.raises(Unauthenticated, match=why) as refused:
        read(token)
    assert str(refused.value).endswith(".")


def test_a_signed_token_is_not_taken_where_none_are_signed() -> None:
    with pytest.raises(Unauthenticated, match="HS256"):
        read(signed(), Tokens(None, PROVIDER, _nobody))


async def _nobody(id: str | None) -> Any:
    raise Unauthenticated("There is no key.")


PROVIDER = Provider("https://id.example", "crm", "", "crmpulse_role", "crmpulse_employee")
THEIRS: dict[str, Any] = {
    "iss": PROVIDER.issuer, "aud": "crm", "sub": "u-1", "exp": NOW + 3600, "crmpulse_role": ["staff", "manager"],
    "crmpulse_employee": "ann",
}  # fmt: skip


def pair() -> RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def published(keys: dict[str, RSAPrivateKey]) -> dict[str, Any]:
    found = []
    for id, key in keys.items():
        found.append(json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())) | {"kid": id, "use": "sig"})
    return {"keys": found}


def theirs(key: Any, id: str | None = "k1", algorithm: str = "RS256", **changes: Any) -> str:
    return jwt.encode(THEIRS | changes, key, algorithm=algorithm, headers={"kid": id} if id else None)


def asked(check: Callable[[Tokens, dict[str, RSAPrivateKey], list[float], list[int]], Any]) -> Any:
    """Run a check against a provider that publishes keys which the check may change, at a time that it may set."""

    async def run() -> Any:
        keys, clock, asked = {"k1": pair()}, [0.0], [0]

        async def jwks(request: web.Request) -> web.Response:
            asked[0] += 1
            return web.json_response(published(keys)) if keys else web.Response(status=500)

        application = web.Application()
        application.router.add_get("/jwks", jwks)
        async with TestServer(application) as server:
            found = ProviderKeys(str(server.make_url("/jwks")), lambda: clock[0])
            return await check(Tokens(KEY, PROVIDER, found.key), keys, clock, asked)

    return asyncio.run(run())


def test_a_provider_says_who_it_is() -> None:
    async def check(tokens: Tokens, keys: dict[str, RSAPrivateKey], clock: list[float], asked: list[int]) -> None:
        reader = await tokens.read(theirs(keys["k1"]))
        assert reader == (Role.MANAGER, "ann", "ann", (NOW + 3600) * 1_000_000)
        reader = await tokens.read(theirs(keys["k1"], id=None, crmpulse_role="admin", crmpulse_employee=None))
        assert reader[:3] == (Role.ADMIN, None, "u-1")
        assert (await tokens.read(signed())).employee_id == "bob"  # both kinds are taken
        assert asked == [1]

    asked(check)


def test_what_a_provider_did_not_say_is_refused() -> None:
    async def check(tokens: Tokens, keys: dict[str, RSAPrivateKey], clock: list[float], asked: list[int]) -> None:
        public = keys["k1"].public_key()
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        head, body = (jwt.utils.base64url_encode(json.dumps(one).encode()).decode()
                      for one in ({"alg": "HS256", "typ": "JWT", "kid": "k1"}, THEIRS))  # fmt: skip
        mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
        forged = f"{head}.{body}.{jwt.utils.base64url_encode(mac.sign(f'{head}.{body}'.encode(), text)).decode()}"
        for token in (
            theirs(keys["k1"], iss="https://evil.example"), theirs(keys["k1"], aud="other"),
            theirs(keys["k1"], exp=NOW - 1), theirs(pair()), theirs(pair(), id="k2"), forged,
            jwt.encode(THEIRS, "", algorithm="none", headers={"kid": "k1"}),
        ):  # fmt: skip
            with pytest.raises(Unauthenticated):
                await tokens.read(token)

    asked(check)


def test_a_new_key_of_the_provider_is_looked_for_but_not_for_every_token() -> None:
    async def check(tokens: Tokens, keys: dict[str, RSAPrivateKey], clock: list[float], asked: list[int]) -> None:
        await tokens.read(theirs(keys["k1"]))
        keys["k2"] = pair()
        clock[0] += SOON_S / 2
        for _ in range(5):
            with pytest.raises(Unauthenticated, match="does not publish"):
                await tokens.read(theirs(keys["k2"], id="k2"))
        assert asked == [1]
        clock[0] += SOON_S
        await tokens.read(theirs(keys["k2"], id="k2"))
        assert asked == [2]

    asked(check)


def test_a_provider_that_is_away_leaves_its_keys_in_force() -> None:
    async def check(tokens: Tokens, keys: dict[str, RSAPrivateKey], clock: list[float], asked: list[int]) -> None:
        key = keys["k1"]
        await tokens.read(theirs(key))
        keys.clear()
        clock[0] += 2 * KEPT_S
        await tokens.read(theirs(key))
        assert asked == [2]

    asked(check)


def test_without_any_key_nobody_is_let_in() -> None:
    async def check(tokens: Tokens, keys: dict[str, RSAPrivateKey], clock: list[float], asked: list[int]) -> None:
        key = keys.pop("k1")
        with pytest.raises(Unauthenticated, match="cannot be had"):
            await tokens.read(theirs(key))

    asked(check)
