"""One JSON Schema for every registered kind of schedule, for editors and checkers."""

from __future__ import annotations

import inspect
import re
from typing import Any

from lr_schedule.config.frozen import Frozen
from lr_schedule.config.model import fields_of, model_of, quiet_fields_of
from lr_schedule.config.registry import ZOO_PREFIXES, registry
from lr_schedule.config.twins import allowed_keys, steps_twin, twins_of
from lr_schedule.fields import DEFINITION, NUMERAL_PATTERN

SCHEDULE: dict[str, Any] = {"$ref": "#/$defs/schedule"}
NUMERAL: dict[str, Any] = {"type": "string", "pattern": NUMERAL_PATTERN}


def json_schema() -> dict[str, Any]:
    """Return one JSON Schema (draft 2020-12) for a schedule of every registered type.

    Use it to have an editor complete and check schedules in YAML; types that you register are in it too.

    Returns:
        Plain JSON-able data; ``$defs`` holds one entry per type beside the short forms (number, string, list).

    Example:
        >>> sorted(json_schema()["$defs"]["linear"]["properties"])[:3]
        ['end_fraction', 'end_steps', 'final_ratio']
    """
    types = {name: _type_schema(name) for name in sorted(registry)}
    prefixes = "|".join(re.escape(name) for name in sorted([*registry, *ZOO_PREFIXES]))
    zoo = {"type": "string", "pattern": f"^({prefixes})_{NUMERAL_PATTERN[1:]}"}
    forms = [{"$ref": f"#/$defs/{name}"} for name in types]
    schedule = {"anyOf": [{"type": "number", "minimum": 0}, NUMERAL, zoo, {"$ref": "#/$defs/phases"}, *forms]}
    phases = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/phase"}}
    schedules = {"type": "array", "minItems": 1, "items": SCHEDULE}
    shared = {"schedule": schedule, "schedules": schedules, "phases": phases, "phase": _phase_schema(types)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A schedule of lr_schedule",
        **SCHEDULE,
        "$defs": {**shared, **types},
    }


def _phase_schema(types: dict[str, Any]) -> dict[str, Any]:
    share = {"fraction": {"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "steps": {"exclusiveMinimum": 0}}
    variants = [{**schema, "properties": {**schema["properties"], **share}} for schema in types.values()]
    wrapped = {
        "type": "object",
        "properties": {"schedule": SCHEDULE, "total_steps": {}, **share},
        "required": ["schedule"],
        "additionalProperties": False,
    }
    return {"anyOf": [*variants, wrapped]}


def _type_schema(name: str) -> dict[str, Any]:
    cls = registry[name]
    texts = describe_fields(cls)
    fields = model_of(cls).model_json_schema()
    properties: dict[str, Any] = {"type": {"const": name}}
    for key, field in allowed_keys(cls).items():
        if key == field:
            schema = _with_numerals(fields["properties"][field])
        else:
            schema = {"description": f"{field}, {twins_of(cls)[key].meaning}"}
        properties[key] = {**schema, **({"description": texts[key]} if key in texts else {})}
    properties["total_steps"] = {"type": "number", "exclusiveMinimum": 0, "description": "Length of the run, in steps."}
    given_elsewhere = ("total_steps", cls.free_keys)
    required = [field for field in fields.get("required", []) if not steps_twin(field) and field not in given_elsewhere]
    either = [
        {"anyOf": [{"required": [f]}, {"required": [steps_twin(f)]}]}
        for f in fields.get("required", [])
        if steps_twin(f)
    ]
    return {
        "type": "object",
        "description": summary(cls),
        "properties": properties,
        "required": [*required, *([] if name == "constant" else ["type"])],
        "additionalProperties": cls.free_keys is not None,
        **({"allOf": either} if either else {}),
    }


def _with_numerals(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a field's schema in which a number may also be a numeral, and references are resolved."""
    if DEFINITION in schema:
        return {"$ref": f"#/$defs/{schema[DEFINITION]}"}
    if schema.get("type") == "number":
        return {"anyOf": [{k: v for k, v in schema.items() if k not in ("title", "default")}, NUMERAL], **_kept(schema)}
    nested: dict[str, Any] = {key: _with_numerals(schema[key]) for key in ("items",) if key in schema}
    nested |= {key: [_with_numerals(item) for item in schema[key]] for key in ("anyOf", "prefixItems") if key in schema}
    return {**{key: value for key, value in schema.items() if key != "title"}, **nested}


def _kept(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: schema[key] for key in ("default",) if key in schema}


def summary(cls: type) -> str:
    """Return the first sentence of a class's docstring."""
    return (inspect.getdoc(cls) or "").split("\n\n")[0].replace("\n", " ")


def describe_fields(cls: Any) -> dict[str, str]:
    """Return what the docstrings of a kind and of its bases say of each of its keys."""
    texts: dict[str, str] = {}
    for kind in reversed(cls.__mro__):
        arguments = re.search(r"^Args:\n(.*?)(?:\n\S|\Z)", inspect.getdoc(kind) or "", re.DOTALL | re.MULTILINE)
        for key, text in re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", arguments[1] if arguments else "", re.MULTILINE):
            texts[key] = " ".join(text.split())
    return {key: text for key, text in texts.items() if key in fields_of(cls)}


def own_fields(cls: type[Frozen]) -> list[str]:
    """Return the fields that make a type what it is, without those that it shares with every type at one default."""
    shared = shared_fields(cls)
    return [field for field in fields_of(cls) if field not in shared or getattr(cls, field) != shared[field]]


def shared_fields(cls: type[Frozen]) -> dict[str, Any]:
    """Return the quiet fields that `cls` has in common with every type, and their defaults."""
    root = next(base for base in cls.__mro__ if Frozen in base.__bases__)
    return quiet_fields_of(root)
