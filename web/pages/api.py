"""What programs may do, for people who write them: a page, and the OpenAPI document that it is made from."""

import json
from typing import Any

from aiohttp import web

from people.tokens import SCOPES
from web.keys import SETTINGS
from web.openapi import document
from web.view import page


async def openapi(request: web.Request) -> web.StreamResponse:
    """`/openapi.json`: the OpenAPI 3.1 document of all that a token may do."""
    return web.json_response(_document(request))


async def browse(request: web.Request) -> web.StreamResponse:
    """`/api`: the same to read, with an example for each."""
    made = _document(request)
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation["tags"][0], []).append(_entry(made, path, method.upper(), operation))
    return page(request, "api/page.html", groups=groups, scopes=SCOPES, public_url=made["servers"][0]["url"])


def _document(request: web.Request) -> dict[str, Any]:
    from web.routes import ROUTES  # the table names this page, too

    return document(ROUTES, request.app[SETTINGS].public_url)


def _entry(made: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    schema = _schema_of(made, operation)
    return {
        "id": operation["operationId"],
        "path": path,
        "method": method,
        "summary": operation["summary"],
        "scope": operation.get("x-scope", ""),
        "fields": [(name, _kind(value)) for name, value in schema.get("properties", {}).items()],
        "body": json.dumps({name: _example(value) for name, value in schema.get("properties", {}).items()}),
    }


def _schema_of(made: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody")
    if body is None:
        return {}
    name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return dict(made["components"]["schemas"][name])


def _kind(schema: dict[str, Any]) -> str:
    """A field's type in words, with its bounds."""
    kinds = [schema, *schema.get("anyOf", [])]
    named = [kind["type"] for kind in kinds if kind.get("type", "null") != "null"]
    most = next((kind["maxLength"] for kind in kinds if "maxLength" in kind), None)
    words = " or ".join(named) or "any"
    return f"{words}, at most {most} characters" if most else words


def _example(schema: dict[str, Any]) -> Any:
    if schema.get("default") is not None:
        return schema["default"]
    return {"integer": 1, "boolean": True, "array": [], "object": {}}.get(schema.get("type", ""), "…")
