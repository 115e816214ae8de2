"""The seeded clinics, people and departments by name: their public ids, for tests of administrators' pages."""

from typing import Any

from records.database import Connection
from tests.web.conftest import Site, Visitor

IDS = {
    "clinic": "SELECT clinic.public_id FROM clinic JOIN organization ON organization.id = organization_id "
    "WHERE clinic.name = $1 AND slug = $2",
    "account": "SELECT account.public_id FROM account JOIN organization ON organization.id = organization_id "
    "WHERE username = $1 AND slug = $2",
    "department": "SELECT department.public_id FROM department JOIN organization ON organization.id = organization_id "
    "WHERE department.name = $1 AND slug = $2",
    "service": "SELECT service.public_id FROM service JOIN organization ON organization.id = organization_id "
    "WHERE service.name = $1 AND slug = $2",
    "form_field": "SELECT form_field.public_id FROM form_field JOIN organization ON organization.id = organization_id "
    "WHERE form_field.label = $1 AND slug = $2",
}


async def public_id(owner: Connection, noun: str, name: str, organization: str = "harbor") -> str:
    found = await owner.fetchval(IDS[noun], name, organization)
    assert found is not None, name
    return str(found)


async def settings(owner: Connection, **changed: Any) -> dict[str, Any]:
    """The fields of a clinic's form, as a browser sends them."""
    department = await public_id(owner, "department", "Family medicine")
    standard = {"name": "Skin clinic", "department": department, "patient_group": "All", "host_group": "Doctors"}
    return standard | changed


async def ids_of_a_clinic(owner: Connection) -> dict[str, str]:
    """All that an address below Family clinic may hold."""
    return {
        "clinic": await public_id(owner, "clinic", "Family clinic"),
        "service": await public_id(owner, "service", "Follow-up"),
        "host": await public_id(owner, "account", "ana"),
        "scheduler": await public_id(owner, "account", "sofia"),
        "department": await public_id(owner, "department", "Family medicine"),
        "field": await public_id(owner, "form_field", "Have you been here before?"),
    }


async def administrator(site: Site) -> Visitor:
    return await site.visitor("olivia")
