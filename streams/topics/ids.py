"""The broker's id of a topic, which a topic that was deleted and created again under its old name does not share.

aiokafka asks for metadata in version 5; ids came with version 10. So this is that one request in version 10, made of
aiokafka's own parts. A broker that does not know the version has no ids, and then neither have we.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import IncompatibleBrokerVersion, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

NO_ID = ""
KEY, VERSION = 3, 10


class Uuid(AbstractType[str]):  # type: ignore[misc]
    """Sixteen bytes on the wire, 32 hexadecimal digits here; all zeros (no id) is empty."""

    @classmethod
    def encode(cls, value: str) -> bytes:
        return bytes.fromhex(value).rjust(16, b"\x00")

    @classmethod
    def decode(cls, data: BytesIO) -> str:
        raw = data.read(16)
        return raw.hex() if any(raw) else NO_ID


class MetadataResponse10(Response):  # type: ignore[misc]
    API_KEY, API_VERSION = KEY, VERSION
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", CompactArray(("node_id", Int32), ("host", CompactString("utf-8")), ("port", Int32),
                                 ("rack", CompactString("utf-8")), ("tags", TaggedFields))),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        ("topics", CompactArray(
            ("error_code", Int16), ("name", CompactString("utf-8")), ("topic_id", Uuid), ("is_internal", Boolean),
            ("partitions", CompactArray(
                ("error_code", Int16), ("partition", Int32), ("leader", Int32), ("leader_epoch", Int32),
                ("replicas", CompactArray(Int32)), ("isr", CompactArray(Int32)),
                ("offline_replicas", CompactArray(Int32)), ("tags", TaggedFields))),
            ("authorized_operations", Int32), ("tags", TaggedFields))),
        ("authorized_operations", Int32),
        ("tags", TaggedFields),
    )  # fmt: skip


class MetadataRequest10(RequestStruct):  # type: ignore[misc]
    FLEXIBLE_VERSION = True
    API_KEY, API_VERSION = KEY, VERSION
    RESPONSE_TYPE = MetadataResponse10
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", Uuid), ("name", CompactString("utf-8")), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class TopicIds(Request[MetadataRequest10]):  # type: ignore[misc]
    API_KEY = KEY

    def __init__(self, topics: list[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[MetadataRequest10]) -> MetadataRequest10:
        return request_struct_class([(NO_ID, name, {}) for name in self._topics], False, False, False, {})


async def topic_ids(options: dict[str, Any], topics: list[str]) -> dict[str, str]:
    """Full name -> id of each topic, `NO_ID` where the broker has none. `options`: how to reach it (aiokafka).

    Raises `KafkaError`, for a topic that is not there too.
    """
    client = AIOKafkaClient(**options)
    await client.bootstrap()
    try:
        response = await client.send(client.get_random_node(), TopicIds(topics))
    except (NotImplementedError, IncompatibleBrokerVersion):
        return dict.fromkeys(topics, NO_ID)
    finally:
        await client.close()
    for error, name, *_ in response.topics:
        if error:
            raise for_code(error)(f"topic {name}")
    return {name: topic for _, name, topic, *_ in response.topics}
