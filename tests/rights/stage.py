"""The running server, the world in its database, and whoever replays cells against it."""

from dataclasses import dataclass

from aiohttp import web

from records.database import Connection, Database
from tests.rights.replay import Replay
from tests.rights.world import World


@dataclass(frozen=True)
class Stage:
    """What a test of rights stands on. `owner` sees every row."""

    url: str
    app: web.Application
    world: World
    replay: Replay
    database: Database
    owner: Connection

    async def key(self, table: str, public_id: str) -> int:
        """The inner key behind a public id."""
        return int(await self.owner.fetchval(f"SELECT id FROM {table} WHERE public_id = $1", public_id))
