"""A relay, and two people in it."""

from collections.abc import AsyncIterator

import pytest

from media.relay import MediaEvent, Relay, RelaySettings
from tests.media.client import Person, join


@pytest.fixture
def events() -> list[MediaEvent]:
    """What the relay told."""
    return []


@pytest.fixture
def settings() -> RelaySettings:
    """The relay's settings, which a test may replace by parametrizing."""
    return RelaySettings()


@pytest.fixture
async def relay(settings: RelaySettings, events: list[MediaEvent]) -> AsyncIterator[Relay]:
    """A relay on a port of its own."""
    relay = Relay(settings, events.append)
    await relay.start()
    yield relay
    await relay.close()


@pytest.fixture
async def anna(relay: Relay) -> AsyncIterator[Person]:
    """Somebody who is connected and waits."""
    person = await join(relay, "anna")
    yield person
    await person.client.close()


@pytest.fixture
async def ben(relay: Relay) -> AsyncIterator[Person]:
    """Somebody else who is connected and waits."""
    person = await join(relay, "ben")
    yield person
    await person.client.close()
