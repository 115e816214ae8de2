"""The job on an account whose owner chose a practitioner: approved by that choice, or left to the staff (A-01)."""

from people import registering, registrations, self_approval
from people.accounts import Person
from people.errors import AlreadyHandled, UserError
from portal import connections
from records.database import Database, House


class Newcomers:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def approve(self, account_id: int) -> None:
        """The job "approve_chosen". Done twice, it is done once."""
        async with self._database.system() as connection:
            organization_id = await registrations.organization_of(connection, account_id)
        try:
            settled = await self._open(House(organization_id), account_id)
        except AlreadyHandled:
            return
        except UserError:  # the practitioner takes nobody any more
            settled = False
        if not settled:
            await self._tell_staff(Person(account_id, organization_id))

    async def _open(self, house: House, account_id: int) -> bool:
        """The account, its file and the connection request (R-054) are there together, or none of them."""
        async with self._database.transaction(house) as connection:
            approved = await self_approval.approve(connection, house, account_id)
            if approved is None:
                return False
            who, said = approved
            await connections.ask(connection, who, said["practitioner"], said["reason"])
            return True

    async def _tell_staff(self, person: Person) -> None:
        async with self._database.transaction(House(person.organization_id)) as connection:
            said = await registrations.of_account(connection, person.account_id)
        async with self._database.system() as connection:
            await registering.tell_staff(connection, person, said and said["department_id"])
