"""What `anteroom verify-documents` says."""

from portal import proof
from records import chain
from records.database import Database, DatabaseUrls, House
from records.files import Files

most_faults = 20


async def verify(urls: DatabaseUrls, files: Files) -> bool:
    """Print one line for each organization and each fault; return whether everything is as it was signed."""
    database = Database(urls, size=2)
    await database.open()
    try:
        async with database.system() as connection:
            organizations = await chain.organizations(connection)
        whole = True
        for organization in organizations:
            async with database.transaction(House(organization["id"])) as connection:
                report = await proof.verify(connection, files)
            _print(organization["name"], organization["public_id"], report)
            whole = whole and not report.faults
        return whole
    finally:
        await database.close()


def _print(name: str, public_id: str, report: proof.Report) -> None:
    state = "NOT AS SIGNED" if report.faults else "as signed"
    sealed_by = f", sealed by {report.certificate}" if report.certificate else ""
    print(f"{name} ({public_id}): {state}, {report.documents} documents, {report.versions} form versions{sealed_by}")
    for fault in report.faults[:most_faults]:
        print(f"  {fault.where}: {fault.what}")
    if len(report.faults) > most_faults:
        print(f"  and {len(report.faults) - most_faults} more")
