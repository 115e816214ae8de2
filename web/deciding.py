""" "Ana is deciding" on a row whose dialog is open elsewhere: a lease that informs and never blocks.

The page holds it while its dialog is open and renews it each ten seconds; a page that vanished is forgotten by itself.
"""

from collections.abc import Iterable
from typing import Any

from people.access import Actor
from web.board_socket import NAMESPACE, clinic_room
from web.leases import Leases
from web.socket_server import SocketServer

TOPIC = "deciding:"
lease_seconds = 30.0


def _topic(clinic_id: int, request: str) -> str:
    """`request` is a public id. The topic bears the clinic, so that every process knows whom to tell."""
    return f"{TOPIC}{clinic_id}:{request}"


async def hold(leases: Leases, actor: Actor, clinic_id: int, request: str) -> None:
    """The actor, who may decide the request, has its dialog open."""
    await leases.hold(_topic(clinic_id, request), actor.public_id, actor.name, lease_seconds)


async def release(leases: Leases, actor: Actor, clinic_id: int, request: str) -> None:
    await leases.release(_topic(clinic_id, request), actor.public_id)


async def names(leases: Leases, rows: Iterable[Any]) -> dict[str, list[str]]:
    """Who decides which of these rows of the board, by public id; rows without anybody are left out."""
    found = {row["public_id"]: await _names(leases, _topic(row["clinic_id"], row["public_id"])) for row in rows}
    return {request: deciding for request, deciding in found.items() if deciding}


async def _names(leases: Leases, topic: str) -> list[str]:
    return sorted((await leases.holders(topic)).values())


def tell_boards(leases: Leases, sockets: SocketServer) -> None:
    """Have the boards of this process told whenever a lease begins or ends in any."""

    async def tell(topic: str) -> None:
        if not topic.startswith(TOPIC):
            return
        clinic_id, request = topic.removeprefix(TOPIC).split(":")
        told = {"id": request, "names": await _names(leases, topic)}
        await sockets.emit("request.deciding", told, room=clinic_room(int(clinic_id)), namespace=NAMESPACE)

    leases.on_change(tell)
