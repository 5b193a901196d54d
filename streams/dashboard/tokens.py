"""Who somebody is: signed tokens that `crmpulse token` makes, and those of an OpenID provider."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

import jwt

from streams.dashboard.access import Reader, Role

SIGNED: Final = "HS256"
ASYMMETRIC: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""What a provider may sign with: whoever can check these cannot make them."""
ISSUER, AUDIENCE = "crmpulse", "crmpulse-dashboard"
LEAST_BYTES: Final = 32
US: Final = 1_000_000
OF_AN_EMPLOYEE: Final = (Role.EMPLOYEE, Role.MANAGER)


class Unauthenticated(Exception):
    """A token says nothing that can be believed; the message is one sentence."""


class Provider(NamedTuple):
    """An OpenID provider: who it is, whom its tokens are for, where its keys are, and what its claims are called."""

    issuer: str
    audience: str
    jwks_url: str
    role_claim: str
    employee_claim: str


Keys = Callable[[str | None], Awaitable[Any]]
"""The provider's public key of an id. Raises `Unauthenticated`."""


def make_token(key: bytes, role: Role, employee: str | None, issued: int, expires: int) -> str:
    """A signed token, for a time in seconds since the epoch. ValueError for a role of an employee without one."""
    if role in OF_AN_EMPLOYEE and not employee:
        raise ValueError(f"a token of the role {role} needs --employee, as it sees what that employee may")
    claims: dict[str, Any] = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": employee or role.value, "role": role.value, "iat": issued,
        "exp": expires,
    }  # fmt: skip
    if employee:
        claims["employee"] = employee
    return jwt.encode(claims, key, algorithm=SIGNED)


class Tokens:
    """Checks tokens; `key` is that of the signed ones, `provider` and `keys` of the others, None for not taken."""

    def __init__(self, key: bytes | None, provider: Provider | None, keys: Keys | None) -> None:
        self._key, self._provider, self._keys = key, provider, keys

    @property
    def demanded(self) -> bool:
        """Whether anybody needs one."""
        return self._key is not None or self._provider is not None

    async def read(self, token: str) -> Reader:
        """Who the token says it is. Raises `Unauthenticated`."""
        try:
            head = jwt.get_unverified_header(token)
            algorithm = head.get("alg")
            if algorithm == SIGNED and self._key is not None:
                return self._signed(token, self._key)
            if algorithm in ASYMMETRIC and self._provider is not None and self._keys is not None:
                return self._provided(token, self._provider, await self._keys(head.get("kid")))
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("The token has expired; ask for a new one.") from None
        except jwt.PyJWTError as error:
            raise Unauthenticated(f"The token cannot be taken: {error}.") from None
        raise Unauthenticated(f"The token is signed by {algorithm!r}, which is not taken here.")

    def _signed(self, token: str, key: bytes) -> Reader:
        required = ["exp", "iat", "aud", "iss", "sub"]
        claims = jwt.decode(
            token, key, algorithms=[SIGNED], audience=AUDIENCE, issuer=ISSUER, options={"require": required}
        )
        return _reader(claims, "role", "employee")

    def _provided(self, token: str, provider: Provider, key: Any) -> Reader:
        claims = jwt.decode(
            token, key, algorithms=list(ASYMMETRIC), audience=provider.audience, issuer=provider.issuer,
            options={"require": ["exp", "aud", "iss", "sub"]},
        )  # fmt: skip
        return _reader(claims, provider.role_claim, provider.employee_claim)


def _reader(claims: Mapping[str, Any], role_claim: str, employee_claim: str) -> Reader:
    named = claims.get(role_claim)
    names = named if isinstance(named, list) else [named]
    role = next((Role(name) for name in names if name in set(Role)), None)
    if role is None:
        raise Unauthenticated(f"The token's {role_claim} names none of the roles {', '.join(Role)}.")
    employee = claims.get(employee_claim)
    if employee is not None and (not isinstance(employee, str) or not employee):
        raise Unauthenticated(f"The token's {employee_claim} is no employee's id.")
    if role in OF_AN_EMPLOYEE and employee is None:
        raise Unauthenticated(f"The token has the role {role}, but no {employee_claim}.")
    return Reader(role, employee, employee or str(claims["sub"]), int(claims["exp"]) * US)
