"""Create a clinic, and change its settings."""

from typing import Any

from aiohttp import web

from dispatch import clinic_setup
from dispatch.clinic_setup import ClinicSettings
from people.access import Actor
from records.database import Connection
from web.auth import signed_in
from web.pages.organization import clinic_again, new_clinic_again
from web.posting import Flag, Posted, Text, Whole, post


class Clinic(Posted):
    """POST `/organization/clinics` and `/organization/clinics/{clinic}`. `department` is a public id."""

    name: Text = ""
    department: str = ""
    patient_group: Text = ""
    host_group: Text = ""
    availability: str = "on_demand"
    red_after_seconds: Whole = 300
    now_expires_after_minutes: Whole = 60
    join_before_minutes: Whole = 30
    join_after_minutes: Whole = 30
    client_cancel_before_hours: Whole = 0
    client_move_before_hours: Whole = 0
    contact: Text = ""
    offer_for_minutes: Whole = 30
    hosts_see_group_queue: Flag = False
    allow_override: Flag = False
    open: Flag = True
    version: str | None = None

    def settings(self) -> ClinicSettings:
        return ClinicSettings(**self.model_dump(exclude={"key", "version"}))


@signed_in
async def create(request: web.Request, actor: Actor) -> web.StreamResponse:
    async def act(connection: Connection, posted: Clinic) -> dict[str, Any]:
        made = await clinic_setup.create(connection, actor, posted.settings())
        return {"clinic": made["public_id"]}

    def services(body: dict[str, Any]) -> str:
        return f"/organization/clinics/{body['clinic']}/services?done=created"

    return await post(request, actor, "create_clinic", Clinic, act, new_clinic_again, services)


@signed_in
async def change(request: web.Request, actor: Actor) -> web.StreamResponse:
    clinic = request.match_info["clinic"]

    async def act(connection: Connection, posted: Clinic) -> dict[str, Any]:
        await clinic_setup.change(connection, actor, clinic, posted.settings(), posted.version)
        return {"clinic": clinic}

    location = f"/organization/clinics/{clinic}?done=saved"
    return await post(request, actor, "change_clinic", Clinic, act, clinic_again, location)
