"""A create or a decision that is sent twice happens once; the repeat gets the first answer."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from records.database import Connection
from records.queries import beside

queries = beside(__file__)


class Account(Protocol):
    @property
    def organization_id(self) -> int: ...
    @property
    def account_id(self) -> int: ...


class KeyReused(Exception):
    """The same key came with another verb: the sender confuses two actions."""


async def once(
    connection: Connection, actor: Account, key: str | None, verb: str, act: Callable[[], Awaitable[Any]]
) -> Any:
    """Run `act` unless this actor's `key` was answered before; return the (JSON-shaped) answer.

    The key's row is claimed first, so a twin that runs at the same moment waits for this transaction and then finds
    the answer. If the transaction rolls back, the claim does too. Without a key `act` simply runs.
    """
    if key is None:
        return await act()
    if await queries.claim(
        connection, organization_id=actor.organization_id, account_id=actor.account_id, key=key, verb=verb
    ):
        answer = await act()
        await queries.fill(connection, account_id=actor.account_id, key=key, answer=answer)
        return answer
    earlier = await queries.recall(connection, account_id=actor.account_id, key=key)
    if earlier["verb"] != verb:
        raise KeyReused
    return earlier["answer"]
