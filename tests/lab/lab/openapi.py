# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/openapi.json, and what the daemon answers held against it."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

Json = Any

_DOCUMENT = Path(__file__).resolve().parents[3] / "docs/openapi.json"


@cache
def document() -> dict[str, Json]:
    loaded: dict[str, Json] = json.loads(_DOCUMENT.read_text())
    return loaded


def calls() -> set[str]:
    """Each as the daemon names it: "GET /v1/sessions/{id}"."""
    return {
        f"{method.upper()} {path}" for path, item in document()["paths"].items() for method in item
    }


@cache
def _validator(schema: str) -> jsonschema.Draft202012Validator:
    """Of the text of a schema, which may refer to the components."""
    return jsonschema.Draft202012Validator(
        {**json.loads(schema), "components": document()["components"]},
        format_checker=jsonschema.FormatChecker(),
    )


def _operation(method: str, target: str) -> Json:
    path = target.split("?")[0]
    for template, item in document()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return item[method.lower()]
    raise AssertionError(f"docs/openapi.json has no {method} {target}")


def check(method: str, target: str, code: int, answer: Json) -> None:
    """An answer with JSON; of a stream each line."""
    if code != 200:
        schema: Json = {"$ref": "#/components/schemas/Problem"}
    else:
        (content,) = _operation(method, target)["responses"]["200"]["content"].values()
        schema = content["schema"]
    _validator(json.dumps(schema)).validate(answer)
