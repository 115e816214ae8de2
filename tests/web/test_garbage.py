"""Full collections wait for a quiet moment."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from tests.support import eventually
from web import garbage


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.mark.parametrize(("quiet", "longest", "expected"), [(True, 1e9, True), (False, 1e9, False), (False, 0.0, True)])
async def test_a_full_collection_waits_for_quiet_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch, quiet: bool, longest: float, expected: bool
) -> None:
    asked: list[int] = []
    collections: list[int] = []
    monkeypatch.setattr(garbage, "pause_seconds", 0.001)
    monkeypatch.setattr(garbage, "longest_wait_seconds", longest)

    def is_quiet() -> bool:
        asked.append(1)
        return quiet

    task = asyncio.create_task(garbage.Garbage(is_quiet).run())
    await eventually(lambda: asked)
    gc.callbacks.append(lambda phase, info: collections.append(info["generation"]) if phase == "stop" else None)
    before = len(asked)
    await eventually(lambda: len(asked) > before + 3)
    task.cancel()
    gc.callbacks.pop()
    assert (2 in collections) == expected
    assert gc.get_threshold() == (garbage.YOUNG, garbage.MIDDLE, garbage.NEVER)
