"""A crowd: some are answered in time, the rest hear so at once, and when it has gone all is as before."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.engine.engine import Engine
from bot.gateway.load import FEW
from bot.settings import GatewaySettings
from tests.redis import eventually
from tests.serving import Gateway, serving

CROWD = 150


async def ask(gateway: Gateway, sender: str) -> tuple[int, str | None]:
    body = {"sender": sender, "message": "hello"}
    async with gateway.client.post("/webhooks/rest/webhook", json=body) as answer:
        await answer.read()
        return answer.status, answer.headers.get("Retry-After")


async def test_a_crowd_is_let_in_as_far_as_it_can_be_answered(engine: Engine, redis_url: str, project: Path) -> None:
    settings = GatewaySettings(answer_within_s=0.01, messages_per_minute=10_000)
    async with serving(engine, redis_url, project, settings=settings) as gateway:
        answers = await asyncio.gather(*(ask(gateway, f"ann{n}") for n in range(CROWD)))
        let_in = [status for status, _ in answers if status == 200]
        refused = [retry for status, retry in answers if status == 503]
        assert len(let_in) + len(refused) == CROWD
        assert FEW <= len(let_in) < CROWD
        assert all(retry is not None and int(retry) >= 1 for retry in refused)
        for n in range(FEW):
            assert (await ask(gateway, f"bob{n}"))[0] == 200


async def test_sockets_beyond_the_limit_are_told_to_come_again(engine: Engine, redis_url: str, project: Path) -> None:
    async with serving(engine, redis_url, project, settings=GatewaySettings(max_sockets=1)) as gateway:
        async with gateway.client.ws_connect("/ws/chat"), gateway.client.get("/ws/chat") as answer:
            assert (answer.status, (await answer.json())["error"]) == (503, "busy")

        async def connected() -> bool:
            async with gateway.client.get("/ws/chat") as answer:
                return answer.status == 426

        await eventually(connected, "a free place")
