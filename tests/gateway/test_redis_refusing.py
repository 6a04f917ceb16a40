"""Redis is there but does not write: every door says `busy` in its own words, and by itself all is well afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis as sync_redis
import socketio

from bot.engine.engine import Engine
from tests.redis import Server, eventually, free_ports, server, wait_for
from tests.serving import PASSWORD, Gateway, serving

DESK = {"X-Xiaoer-Desk": "1"}


@contextmanager
def memory_full(redis: Server, client: sync_redis.Redis) -> Iterator[None]:
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", "1mb")
    yield
    client.config_set("maxmemory", "0")


@contextmanager
def disk_full(redis: Server, client: sync_redis.Redis) -> Iterator[None]:
    """As good as: the snapshot cannot be written."""
    gone = redis.folder / "gone"
    gone.mkdir()
    client.config_set("dir", str(gone))
    gone.rmdir()
    client.config_set("save", "900 1")
    client.bgsave()
    wait_for(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err", "the snapshot to fail")
    yield
    client.config_set("dir", str(redis.folder))
    client.config_set("save", "")


@contextmanager
def replicas_missing(redis: Server, client: sync_redis.Redis) -> Iterator[None]:
    client.config_set("min-replicas-to-write", "1")
    yield
    client.config_set("min-replicas-to-write", "0")


@contextmanager
def demoted(redis: Server, client: sync_redis.Redis) -> Iterator[None]:
    client.execute_command("REPLICAOF", "127.0.0.1", free_ports(1)[0])
    yield
    client.execute_command("REPLICAOF", "NO", "ONE")


async def hello_over_websocket(gateway: Gateway) -> Any:
    async with gateway.client.ws_connect("/ws/chat") as socket:
        await socket.send_json({"type": "hello"})
        frame = await socket.receive_json(timeout=10)
        await socket.receive(timeout=10)
        return frame, socket.close_code


async def session_over_socketio(gateway: Gateway) -> Any:
    heard: asyncio.Queue[Any] = asyncio.Queue()
    client = socketio.AsyncClient(reconnection=False)
    client.on("message_error", heard.put)
    await client.connect(gateway.url, transports=["websocket"])
    answer = await client.call("session_request", {"session_id": None}, timeout=10)
    error = await asyncio.wait_for(heard.get(), 10)
    await client.eio.disconnect(abort=True)
    return answer["error"], error["code"]


async def ready(gateway: Gateway) -> tuple[int, str]:
    async with gateway.client.get("/ready") as answer:
        return answer.status, (await answer.json())["status"]


async def busy(gateway: Gateway, path: str, body: Any, **headers: str) -> bool:
    async with gateway.client.post(path, json=body, headers=headers) as answer:
        said = await answer.json()
        return (answer.status, said["error"]) == (503, "busy") and int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("refusing", [memory_full, disk_full, replicas_missing, demoted])
async def test_what_cannot_be_written_is_busy_at_every_door(
    engine: Engine, project: Path, refusing: Callable[..., Any]
) -> None:
    with server() as redis, redis.client() as client:
        async with serving(engine, redis.url, project) as gateway:
            async with gateway.client.post("/api/chat/hello", json={}) as answer:
                bearer = {"Authorization": f"Bearer {(await answer.json())['token']}"}
            signing_in = {"name": "sam", "password": PASSWORD}
            async with gateway.client.post("/desk/api/sign-in", json=signing_in, headers=DESK) as answer:
                assert answer.status == 200
                cookie = "; ".join(f"{each.key}={each.value}" for each in answer.cookies.values())
            assert await ready(gateway) == (200, "ok")
            with refusing(redis, client):

                async def unready() -> bool:
                    return await ready(gateway) == (503, "redis refuses writes")

                await eventually(unready, "the truth")
                assert await busy(gateway, "/webhooks/rest/webhook", {"sender": "ann", "message": "hello"})
                assert await busy(gateway, "/api/chat/hello", {})
                assert await busy(gateway, "/api/chat/messages", {"id": "m1", "text": "hello"}, **bearer)
                assert await busy(gateway, "/desk/api/sign-in", signing_in, **DESK)
                assert await busy(gateway, "/desk/api/me/state", {"state": "away"}, Cookie=cookie, **DESK)
                frame, code = await hello_over_websocket(gateway)
                assert (frame["type"], frame["code"], code) == ("error", "busy", 1013)
                assert frame["retry_after_s"] >= 1
                assert await session_over_socketio(gateway) == ("busy", "busy")
                async with gateway.client.get("/health") as answer:
                    assert answer.status == 200

            async def well() -> bool:
                return await ready(gateway) == (200, "ok") and (await gateway.rest("hello"))[0] == 200

            await eventually(well, "all is well", within_s=20)


async def test_a_message_taken_before_is_answered_after(engine: Engine, project: Path) -> None:
    with server() as redis, redis.client() as client:
        async with serving(engine, redis.url, project) as gateway:
            opened = await gateway.conversations.open(channel="native")
            await gateway.conversations.accept(_turn(opened.conversation_id))
            with memory_full(redis, client):
                await gateway.door._worker.nudge(opened.conversation_id)
                assert [each.author for each in await gateway.conversations.entries(opened.conversation_id)] == [
                    "customer"
                ]

            async def answered() -> bool:
                entries = await gateway.conversations.entries(opened.conversation_id)
                return [each.text for each in entries[1:2]] == ["Hello!\n\nWhat can I do for you?"]

            await eventually(answered, "the answer", within_s=20)


def _turn(conversation_id: str) -> Any:
    from tests.store.makers import turn

    return turn(conversation_id, "hello", channel="native")


async def test_a_redis_that_pauses_is_waited_for_and_not_ready_meanwhile(engine: Engine, project: Path) -> None:
    with server() as redis, redis.client() as client:
        async with serving(engine, redis.url, project) as gateway:
            client.execute_command("CLIENT", "PAUSE", 3000, "WRITE")
            assert await ready(gateway) == (503, "no redis")
            status, _ = await gateway.rest("hello")
            assert status in (200, 503)

            async def well() -> bool:
                return await ready(gateway) == (200, "ok") and (await gateway.rest("hello"))[0] == 200

            await eventually(well, "all is well", within_s=20)
