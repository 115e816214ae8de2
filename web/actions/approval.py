"""Approve somebody's account together with the file that it gets, or turn them away."""

from typing import Any

from aiohttp import web
from pydantic import Field

from people import approval
from people.access import Actor
from people.clients import Data
from records.database import Connection
from web.auth import signed_in
from web.pages.approval import prospect_again
from web.posting import Posted, Several, Text, post, post_about


class Approve(Posted):
    """POST `/clients/prospects/{account}/approve`. `file` is "new", for which the next four speak, or the public id of
    the file that is this person's; `replace` names the accounts that may be closed for it, by public id."""

    file: str = ""
    first_name: Text = ""
    last_name: Text = ""
    date_of_birth: Text = ""
    department: str = ""
    practitioners: Several = Field(default_factory=list)
    replace: Several = Field(default_factory=list)

    def decision(self) -> approval.Decision:
        data = Data(self.first_name, self.last_name, "", self.date_of_birth, self.department)
        return approval.Decision(self.file, data, self.practitioners, tuple(self.replace))


@signed_in
async def approve(request: web.Request, actor: Actor) -> web.StreamResponse:
    account = request.match_info["account"]

    async def act(connection: Connection, posted: Approve) -> dict[str, Any]:
        return {"client": await approval.approve(connection, actor, account, posted.decision())}

    def file(body: dict[str, Any]) -> str:
        return f"/clients/{body['client']}?done=approved"

    return await post(request, actor, "approve_account", Approve, act, prospect_again, file)


@signed_in
async def close(request: web.Request, actor: Actor) -> web.StreamResponse:
    there = f"/clients/prospects/{request.match_info['account']}?done=closed"
    return await post_about(request, actor, "close_account", approval.close, "account", prospect_again, there)


@signed_in
async def reopen(request: web.Request, actor: Actor) -> web.StreamResponse:
    here = f"/clients/prospects/{request.match_info['account']}"
    return await post_about(request, actor, "reopen_account", approval.reopen, "account", None, here)
