"""What the worker says of itself over HTTP."""

import asyncio

import aiohttp

from streams.agents.web import Web
from streams.metrics import Metrics


def test_health_readiness_and_metrics() -> None:
    async def scenario() -> None:
        why = ["customers[3] is being loaded", "intake has not joined its group"]
        web = Web("127.0.0.1", 0, Metrics(lambda: 0, "1.2.3", "abc"), lambda: why)
        port = await web.start()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            async with http.get("/readyz") as answer:
                assert (answer.status, await answer.text()) == (503, "\n".join(why) + "\n")
            why.clear()
            async with http.get("/readyz") as answer:
                assert (answer.status, await answer.text()) == (200, "ready\n")
            async with http.get("/healthz") as answer:
                assert (answer.status, await answer.text()) == (200, "alive\n")
            async with http.get("/metrics") as answer:
                assert answer.content_type == "text/plain"
                assert 'crmpulse_build_info{policy_version="abc",version="1.2.3"} 1.0' in await answer.text()
            async with http.get("/table") as answer:
                assert answer.status == 404
        await web.stop()

    asyncio.run(scenario())
