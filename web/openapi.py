"""The OpenAPI 3.1 document of what a program may do with a token: from the routes, their scopes, the models that read
their bodies, and the handlers' own words.
"""

import re
from collections.abc import Iterable
from typing import Any

from aiohttp.web import AbstractRouteDef, RouteDef
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from people.tokens import SCOPES as MEANINGS
from web.bodies import BODIES
from web.errors import TABLE
from web.scopes import ANY, SCOPES

REF = "#/components/schemas/{model}"
ERROR = {
    "type": "object",
    "required": ["error", "message", "field"],
    "properties": {
        "error": {"type": "string", "enum": sorted({code for _, code in TABLE.values()} | {"refused", "failed"})},
        "message": {"type": "string", "description": "a sentence for a person"},
        "field": {"type": ["string", "null"], "description": "the input that it belongs to"},
        "decision": {"type": "object", "description": "with already_decided: who decided what and when"},
    },
}
ABOUT = (
    "What a program may do for the account that made its token (Authorization: Bearer anteroom_...). Times are "
    "ISO 8601; ids are public ids. A `key` makes a repeated post one: the repeat gets the first answer."
)


def document(routes: Iterable[AbstractRouteDef], public_url: str) -> dict[str, Any]:
    """The whole document."""
    listed = [route for route in routes if isinstance(route, RouteDef) and (route.method, route.path) in SCOPES]
    models = sorted({model for model in BODIES.values() if model}, key=lambda model: model.__qualname__)
    names, schemas = models_json_schema([(model, "validation") for model in models], ref_template=REF)
    references = {model.__name__: str(reference["$ref"]) for (model, _), reference in names.items()}
    paths: dict[str, dict[str, Any]] = {}
    for route in listed:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Anteroom", "version": "1", "description": ABOUT},
        "servers": [{"url": public_url}],
        "paths": paths,
        "components": {
            "schemas": {**schemas.get("$defs", {}), "Error": ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": _scopes()}},
        },
    }


def _operation(route: RouteDef, references: dict[str, str]) -> dict[str, Any]:
    scope = SCOPES[route.method, route.path]
    model = BODIES.get(route.path) if route.method == "POST" else None
    operation: dict[str, Any] = {
        "operationId": f"{route.method.lower()}{re.sub('[^a-z]+', '_', route.path)}".rstrip("_"),
        "summary": summary(route, model),
        "tags": [tag(route.path)],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in re.findall(r"\{(\w+)\}", route.path)
        ],
        "responses": _responses(route.method),
        "security": [{"token": []}] if scope != ANY else [],
    }
    if scope != ANY:
        operation["x-scope"] = scope
    if model is not None:
        content = {"schema": {"$ref": references[model.__name__]}}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    return operation


def summary(route: RouteDef, model: type[BaseModel] | None = None) -> str:
    """What the handler says of itself, or its model, in one line without its address and the ids of rules."""
    text = " ".join((route.handler.__doc__ or (model and model.__doc__) or "").split())
    without = re.sub(r"^((GET|POST) )?`[^`]*`( and `[^`]*`)*\s*[:.]?\s*", "", text)
    plain = re.sub(r"\s*\((?:[RA]-\d+(?:, )?)+\)", "", without.replace("`", ""))
    name = getattr(route.handler, "__name__", "").replace("_", " ")
    told = plain or name
    return told[:1].upper() + told[1:]


def tag(path: str) -> str:
    """The group of a path: its first part."""
    first = path.split("/")[1]
    return {
        "healthz": "health",
        "readyz": "health",
        "at": "organizations",
        "openapi.json": "this document",
    }.get(first, first or "start")


def _responses(method: str) -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": REF.format(model="Error")}}}
    page = {"text/html": {"schema": {"type": "string"}}} if method == "GET" else {}
    done = {"application/json": {"schema": {"type": "object"}}, **page}
    statuses = sorted({status for status, _ in TABLE.values()} | {400, 405, 413})
    responses: dict[str, Any] = {str(status): {"description": _codes(status), "content": error} for status in statuses}
    responses["503"]["content"] = {"application/json": {"schema": {"type": "object"}}}
    return {"200": {"description": "done", "content": done}, "204": {"description": "done"}, **responses}


def _codes(status: int) -> str:
    return ", ".join(sorted({code for known, code in TABLE.values() if known == status})) or "refused"


def _scopes() -> str:
    return "Scopes: " + "; ".join(f"{name} ({meaning})" for name, meaning in MEANINGS.items())
