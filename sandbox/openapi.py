"""The OpenAPI 3.1 document of a table of routes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from sandbox.models import Problem
from sandbox.service import Route

DESCRIPTION = (
    "A stand-in bank. Moments are seconds since the Unix epoch, days are YYYY-MM-DD in the customer's time zone,"
    " amounts are minor units of the currency beside them."
)
ERRORS = {
    400: "The request does not fit its schema: bad_request, or lacks its Idempotency-Key: idempotency_key_required.",
    401: "The service key is missing or wrong: unauthorized.",
    404: "No such thing, or not this customer's: not_found.",
    409: "The Idempotency-Key came with another request: idempotency_key_reused.",
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "The same key with the same request returns the first answer and does nothing more.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}


CODE_PROOF = {
    "name": "Code-Proof",
    "in": "header",
    "required": False,
    "description": "The proof of a one-time code that was sent for exactly this, and came back.",
    "schema": {"type": "string"},
}


def document(table: Iterable[Route]) -> dict[str, Any]:
    routes = list(table)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sandbox bank", "version": "1.0.0", "description": DESCRIPTION},
        "security": [{"serviceKey": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(routes),
            "securitySchemes": {"serviceKey": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    query = route.query.model_json_schema()
    for name, schema in query.get("properties", {}).items():
        required = name in query.get("required", ())
        parameters.append({"name": name, "in": "query", "required": required, "schema": schema})
    if route.changes:
        parameters.append(IDEMPOTENCY_KEY)
    if route.deed is not None:
        parameters.append(CODE_PROOF)
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": parameters,
        "responses": _responses(route),
    }
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _json(route.body)}
    if route.keyless:
        operation["security"] = []
    return operation


def _responses(route: Route) -> dict[str, Any]:
    content = _json(route.answers) if route.answers else {"text/plain": {"schema": {"type": "string"}}}
    responses: dict[str, Any] = {str(route.status): {"description": route.summary, "content": content}}
    errors = dict(ERRORS)
    if route.keyless:
        del errors[401]
    if not route.changes:
        del errors[409]
    if route.all_refusals:
        errors[422] = f"Refused: {', '.join(route.all_refusals)}."
    for status, description in errors.items():
        responses[str(status)] = {"description": description, "content": _json(Problem)}
    return responses


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}


def _schemas(routes: list[Route]) -> dict[str, Any]:
    bodies = {route.body for route in routes if route.body is not None}
    answers = {route.answers for route in routes if route.answers is not None} | {Problem}
    _, made = models_json_schema(
        [
            *((model, "validation") for model in sorted(bodies, key=lambda each: each.__name__)),
            *((model, "serialization") for model in sorted(answers, key=lambda each: each.__name__)),
        ],
        ref_template="#/components/schemas/{model}",
    )
    schemas: dict[str, Any] = made["$defs"]
    return schemas
