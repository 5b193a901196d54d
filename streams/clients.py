"""aiokafka's clients where they need help."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from streams.settings import Settings

ASK_MS: Final = 5_000
"""For how long a server is asked why it does not take us."""


async def stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer, whatever it is doing.

    aiokafka's own `stop` cancels the fetches under way and waits for them. One that sits out a broker that is away ends
    as cancelled, and so would whoever called `stop`: a task that nobody had cancelled, ending without a word.
    """
    stopping = asyncio.ensure_future(consumer.stop())
    try:
        await asyncio.wait({stopping})
    except asyncio.CancelledError:
        stopping.cancel()
        raise
    if stopping.cancelled():
        await consumer._client.close()  # the step of `stop` that was left out
    else:
        stopping.result()


@contextmanager
def quiet() -> Iterator[None]:
    """Without aiokafka's own log of what goes wrong, where a sentence of ours tells it."""
    logger = logging.getLogger("aiokafka")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


async def refusal(settings: Settings) -> str:
    """Why none of the servers takes us, which aiokafka only logs: one sentence with what to do."""
    options = {name: value for name, value in settings.client_options().items() if name != "bootstrap_servers"}
    for host, port, _ in collect_hosts(settings.kafka):
        if why := await _refused(settings, host, port, options):
            return f"Kafka at {host}:{port} {why}"
    return f"No Kafka answers at {settings.kafka}; CRMPULSE_KAFKA says where it is."


async def _refused(settings: Settings, host: str, port: int, options: dict[str, Any]) -> str | None:
    """Why a server that answers does not take us; None for one that does not answer."""
    protocol = settings.security_protocol
    try:
        with quiet():
            connection = await create_conn(host, port, request_timeout_ms=ASK_MS, **options)
            try:
                await connection.send(MetadataRequest([]))
            finally:
                connection.close()
    except (AuthenticationFailedError, SaslAuthenticationFailed, UnsupportedSaslMechanismError) as error:
        return (
            f"does not let {settings.sasl_username} in by {settings.sasl_mechanism} ({type(error).__name__}); see "
            "CRMPULSE_SASL_USERNAME, CRMPULSE_SASL_PASSWORD and CRMPULSE_SASL_MECHANISM."
        )
    except ssl.SSLCertVerificationError as error:
        return (
            f"shows a certificate that is not trusted ({error.verify_message.rstrip('.')}); "
            "CRMPULSE_CA_FILE names the certificates to trust."
        )
    except (ConnectionRefusedError, TimeoutError):
        return None
    except (KafkaError, OSError) as error:
        if isinstance(error, OSError) and not isinstance(error, ssl.SSLError | ConnectionError):
            return None  # no such host, no way there
        return f"breaks off what CRMPULSE_SECURITY_PROTOCOL={protocol} begins with; it may demand another one."
    return None
