"""The worker's listener is there before it is probed."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from pgqueuer.core.qm import QueueManager

from records.jobs import Worker
from records.provision import Place
from tests.support import eventually


async def test_a_slow_start_does_not_look_like_a_failed_listener(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    probed: list[str] = []
    healthy = QueueManager.listener_healthy
    listen = asyncpg.Connection.add_listener

    async def probe(self: QueueManager, timeout: timedelta) -> object:
        try:
            answer = await healthy(self, timedelta(seconds=2))
        except Exception as error:
            probed.append(type(error).__name__)
            raise
        probed.append("heard")
        return answer

    async def slow_listen(self: asyncpg.Connection, channel: str, callback: object) -> None:
        if not self._listeners.get(channel):
            await asyncio.sleep(0.3)  # as LISTEN takes on a machine that is busy
        await listen(self, channel, callback)

    monkeypatch.setattr(QueueManager, "listener_healthy", probe)
    monkeypatch.setattr(asyncpg.Connection, "add_listener", slow_listen)
    worker = Worker(place.urls.system, {})
    task = asyncio.create_task(worker.run())
    await eventually(lambda: probed)
    worker.stop()
    await asyncio.wait_for(task, 10)
    assert probed[0] == "heard"
