"""Who is in a group. aiokafka's admin client reads the answer of version 3 as if it were one of version 2 and gives the
connection up, so this asks in version 2, with aiokafka's own parts."""

from __future__ import annotations

from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.protocol.admin import DescribeGroupsRequest_v2
from aiokafka.protocol.api import Request

from streams.settings import Settings


class DescribeGroup(Request[DescribeGroupsRequest_v2]):  # type: ignore[misc]
    API_KEY = DescribeGroupsRequest_v2.API_KEY

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, request_struct_class: type[DescribeGroupsRequest_v2]) -> DescribeGroupsRequest_v2:
        return request_struct_class([self._group])


async def members(settings: Settings, group: str) -> int:
    """How many members a consumer group has; none where there is no such group. Raises `KafkaError`."""
    client = AIOKafkaClient(**settings.client_options())
    try:
        await client.bootstrap()
        node = await client.coordinator_lookup(CoordinationType.GROUP, group)
        await client.ready(node)
        answer = await client.send(node, DescribeGroup(group))
    finally:
        await client.close()
    return sum(len(one["members"]) for one in answer.to_object()["groups"])
