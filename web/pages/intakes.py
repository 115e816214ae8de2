"""A client's own forms: which there are, filling one in, and reading it over before it is signed (R-140, R-142)."""

from typing import Any

from aiohttp import web

from people.access import Actor
from people.errors import UserError
from portal import filling, form_answers, form_content
from portal.errors import SavedElsewhere
from records.database import Row
from web.auth import signed_in
from web.keys import DATABASE
from web.view import page


@signed_in
async def own(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/forms`: what is to do, and what is done."""
    async with request.app[DATABASE].transaction(actor) as connection:
        rows = await filling.own(connection, actor)
    to_do, done = [[row for row in rows if (row["state"] == "completed") is end] for end in (False, True)]
    return page(request, "intakes/own.html", to_do=to_do, done=done, said=request.query.get("done"))


@signed_in
async def fill(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/forms/{intake}`: the form as far as it was filled in; with `check` each question says what is missing. One that
    is completed says so."""
    return await fill_again(request, actor, {}, None)


async def fill_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        row = await filling.find(connection, actor, request.match_info["intake"])
    if row["state"] == "completed":
        return page(request, "intakes/completed.html", intake=row, error=error)
    return page(
        request,
        "intakes/fill.html",
        intake=row,
        sections=form_content.sections(row["content"]),
        values=answers_of(typed) if typed else row["answers"],
        problems=_problems(request, row, error),
        elsewhere=_elsewhere(row, typed) if isinstance(error, SavedElsewhere) else {},
        revision=row["revision"] if isinstance(error, SavedElsewhere) else typed.get("revision", row["revision"]),
        progress=form_answers.progress(row["content"], row["answers"]),
        labels={field["key"]: field["label"] for field in row["content"]["fields"]},
        error=error,
    )


@signed_in
async def review(request: web.Request, actor: Actor) -> web.StreamResponse:
    """`/forms/{intake}/review`: what was asked and answered, as it will be signed. What is not finished leads back."""
    return await review_again(request, actor, {}, None)


async def review_again(
    request: web.Request, actor: Actor, typed: dict[str, Any], error: UserError | None
) -> web.Response:
    async with request.app[DATABASE].transaction(actor) as connection:
        row = await filling.find(connection, actor, request.match_info["intake"])
    if row["state"] == "completed":
        raise web.HTTPSeeOther(location=f"/forms/{row['public_id']}")
    if form_answers.problems(row["content"], row["answers"]):
        raise web.HTTPSeeOther(location=f"/forms/{row['public_id']}?check=1#problems")
    return page(
        request,
        "intakes/review.html",
        intake=row,
        sections=told(row),
        signatures=form_content.signatures(row["content"]),
        typed=typed,
        error=error,
    )


def told(row: Row) -> list[dict[str, Any]]:
    """The form by section with answers in words; `row` bears content and answers. Signatures are left out."""
    return [
        {
            "heading": part["heading"],
            "fields": [
                (field, form_answers.in_words(field, row["answers"].get(field["key"])))
                for field in part["fields"]
                if field["kind"] != "signature"
            ],
        }
        for part in form_content.sections(row["content"])
    ]


def answers_of(fields: dict[str, Any]) -> dict[str, Any]:
    """What a form sent as answers, by the key of the question."""
    prefix = form_answers.PREFIX
    return {name.removeprefix(prefix): value for name, value in fields.items() if name.startswith(prefix)}


def _problems(request: web.Request, row: Row, error: UserError | None) -> dict[str, str]:
    if error and error.field and error.field.startswith(form_answers.PREFIX):
        return {error.field.removeprefix(form_answers.PREFIX): error.message}
    return form_answers.problems(row["content"], row["answers"]) if "check" in request.query and not error else {}


def _elsewhere(row: Row, typed: dict[str, Any]) -> dict[str, str]:
    """What stands saved from another device where it is not what was typed here, in words."""
    mine = form_answers.read(row["content"], answers_of(typed))
    return {
        field["key"]: form_answers.in_words(field, row["answers"].get(field["key"])) or "No answer"
        for field in form_content.asked(row["content"])
        if row["answers"].get(field["key"]) != mine.get(field["key"])
    }
