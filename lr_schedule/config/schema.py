"""One JSON Schema for every registered type, for editors and checkers."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lr_schedule.config.frozen import Frozen
from lr_schedule.config.model import default_of, fields_of, model_of, quiet_fields_of
from lr_schedule.config.registry import ZOO_PREFIXES, registry
from lr_schedule.config.schema_fields import scaled, schema_of, string_pattern
from lr_schedule.config.twins import allowed_keys, steps_twin, twins_of

# With an underscore, because a type may have any other name.
SCHEDULE: dict[str, Any] = {"$ref": "#/$defs/_schedule"}

FORMS = "must be a number, a mapping with a type, a list of phases, or a string such as 'cosine_3e-4'"
FREE = "Arguments. They may also be given as keys next to the other keys."
TOTAL_STEPS = {
    **schema_of({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}]}),
    "title": "total_steps",
    "description": "Length of the run, for the keys that end in _steps. It may be fractional. Range: > 0.",
}
PARTS: dict[str, tuple[dict[str, Any], str]] = {
    "fraction": (
        {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "Fraction of the run for this phase. The fractions of all phases sum to 1. Range: (0, 1].",
    ),
    "steps": (
        {"type": "number", "exclusiveMinimum": 0},
        "Length of this phase in steps. The steps of all phases sum to total_steps. Range: > 0.",
    ),
}
ENDING = re.compile(r" ?(?:Range: |Default: |Required\.|In steps: ).*$")
"""The sentences with range, default and steps that end the description of a key."""


def json_schema() -> dict[str, Any]:
    """Return one JSON Schema (draft 2020-12) for a schedule of every registered type.

    Use it for an editor that completes and checks schedules in YAML. It accepts what `create` accepts, and includes the
    types that you register. Conditions between the values of several keys are not checked, because JSON Schema cannot.

    Returns:
        Plain JSON-able data. ``$defs`` has one entry for each type, and the short forms (number, string, list).

    Example:
        >>> sorted(json_schema()["$defs"]["linear"]["properties"])[:3]
        ['end_fraction', 'end_steps', 'final_ratio']
    """
    types = {name: schema_of_type(registry[name]) for name in sorted(registry)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A schedule of lr_schedule",
        **SCHEDULE,
        "$defs": {**_shared(types), **types},
    }


def _shared(types: Mapping[str, Any]) -> dict[str, Any]:
    plain = [name for name in types if _takes_a_number_alone(registry[name])]
    falling = [name for name in plain if "final_value" in fields_of(registry[name])]
    short = [prefix for prefix, name in ZOO_PREFIXES.items() if name in plain]
    schedule = {
        **schema_of({"type": "number", "minimum": 0}),
        "type": ["number", "string", "object", "array"],
        "pattern": string_pattern(sorted([*plain, *short]), sorted([*falling, *short])),
        "patternErrorMessage": FORMS,
        "minItems": 1,
        "items": {
            "if": {"type": "array"},
            "then": {"$ref": "#/$defs/piecewise_linear/properties/step_points/items"},
            "else": {"$ref": "#/$defs/_phase"},
        },
        **_if_mapping({"$ref": "#/$defs/_mapping"}),
    }
    refs = {name: {"$ref": f"#/$defs/{name}"} for name in types}
    return {
        "_schedule": schedule,
        "_level": {"if": {"type": ["number", "null"]}, "else": SCHEDULE},
        "_schedules": {"type": "array", "minItems": 1, "items": SCHEDULE},
        "_mapping": {"allOf": list(branches(refs, refs["constant"]))},
        "_phases": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/_phase"}},
        "_phase": {"type": "object", **_if_mapping(_phase_schema(types))},
        "_types": {"enum": list(types), "enumDescriptions": [_plain(summary(registry[name])) for name in types]},
    }


def _if_mapping(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that applies only to a mapping; otherwise every other value would lack the required keys."""
    return {"if": {"type": "object"}, "then": schema}


def branches(schemas: Mapping[str, Any], untyped: Any, named_by: str = "type") -> Iterator[dict[str, Any]]:
    """Yield one branch for each type, which only the type selects; `untyped` applies to a config without a type.

    Editors then complete the keys of that type, and checkers report those; with an ``anyOf``, they would use the most
    similar branch. The type is a pattern, because editors match a ``const`` by its prefix: cosine would also match
    cosine_restarts.
    """
    yield {"if": {"not": {"required": [named_by]}}, "then": untyped}
    for name, schema in schemas.items():
        named = {"type": "string", "pattern": f"^{re.escape(name)}$", "title": named_by}
        yield {"if": {"required": [named_by], "properties": {named_by: named}}, "then": schema}
    # Last, because editors show the text of the first branch.
    yield {"properties": {named_by: {"$ref": f"#/$defs/_{named_by}s"}}}


def _phase_schema(types: Mapping[str, Any]) -> dict[str, Any]:
    part = {key: _described(key, schema_of(field), text) for key, (field, text) in PARTS.items()}
    variants = types_with(part, types)
    wrapped = {
        "properties": {"schedule": SCHEDULE, "total_steps": TOTAL_STEPS, **part},
        "additionalProperties": False,
    }
    untyped = {"if": {"required": ["schedule"]}, "then": wrapped, "else": variants["constant"]}
    return {
        "description": "The keys of a schedule, and its length as fraction or steps.",
        "properties": part,
        "allOf": [*_one_of(list(part)), *branches(variants, untyped)],
    }


def types_with(extra: Mapping[str, Any], types: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of each type with additional keys."""
    variants = {}
    for name, schema in types.items():
        refs = {key: {"$ref": f"#/$defs/{name}/properties/{key}"} for key in schema["properties"]}
        variants[name] = {**schema, "properties": {**refs, **extra}}
    return variants


def schema_of_type(cls: type[Frozen], named_by: str = "type") -> dict[str, Any]:
    """Return the schema of the configs of a class; the key `named_by` contains its type."""
    texts = describe_fields(cls)
    # The definitions of a user's fields, such as an Enum, are inside the type: two types may use the same name.
    fields = model_of(cls).model_json_schema(ref_template=f"#/$defs/{cls.type}/$defs/{{model}}")
    properties = {named_by: _described(cls.type, {"const": cls.type}, summary(cls))}
    for key, field in allowed_keys(cls).items():
        schema, text = fields["properties"][field], texts.get(field, "")
        if key != field:
            text = f"{field}, {twins_of(cls)[key].meaning}. {meaning_of(text)}"
            schema = scaled(schema)
        properties[key] = _described(key, schema_of(schema), text)
    properties.setdefault("total_steps", TOTAL_STEPS)
    if cls.free_keys is not None:
        properties[cls.free_keys] = _described(cls.free_keys, {"type": "object"}, FREE)
    required = [key for key in fields.get("required", []) if key not in ("total_steps", cls.free_keys)]
    conditions = list(_conditions(cls, required))
    return {
        "type": "object",
        "title": cls.type,
        "description": _plain(summary(cls)),
        "properties": properties,
        "required": [
            *[key for key in required if not steps_twin(key)],
            *([] if cls.type == "constant" else [named_by]),
        ],
        "additionalProperties": cls.free_keys is not None,
        **({"allOf": conditions} if conditions else {}),
        **({"$defs": fields["$defs"]} if "$defs" in fields else {}),
    }


def _conditions(cls: type[Frozen], required: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the conditions between keys that do not depend on values: one key for a field, one of several fields."""
    chosen = [key for field in cls.one_of for key, sets in allowed_keys(cls).items() if sets == field]
    if chosen:
        yield from _one_of(chosen, unless_null=True)
    for key, twin in twins_of(cls).items():
        if twin.field not in cls.one_of:
            yield from _one_of([twin.field, key], required=twin.field in required)


def _one_of(keys: list[str], *, required: bool = True, unless_null: bool = False) -> Iterator[dict[str, Any]]:
    """Yield schemas that require one of several keys; with ``oneOf`` or ``not``, errors would not name the key."""
    not_null = {"not": {"type": "null"}}
    given = [{"required": [key], **({"properties": {key: not_null}} if unless_null else {})} for key in keys]
    if required:
        yield {"if": {"not": {"anyOf": given[1:]}}, "then": given[0]}
    for index, one in enumerate(given[:-1]):
        refused = {"type": "null", "errorMessage": f"given together with {keys[index]}; give one of them"}
        yield {"if": one, "then": {"properties": dict.fromkeys(keys[index + 1 :], refused)}}


def _described(title: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
    return {**schema, "title": title, "description": _plain(text) or title}


def _plain(text: str) -> str:
    return text.replace("``", "")


def _takes_a_number_alone(cls: type[Frozen]) -> bool:
    """Tell whether a type can be made from its initial_value only, as in a string."""
    fields = fields_of(cls)
    missing = [name for name in fields if default_of(cls, name, missing=...) is ... and name != "initial_value"]
    return "initial_value" in fields and not missing and not cls.one_of


def summary(cls: type) -> str:
    """Return the first sentence of a class's docstring."""
    return (inspect.getdoc(cls) or "").split("\n\n")[0].replace("\n", " ")


def describe_fields(cls: Any) -> dict[str, str]:
    """Return the description of each key in the docstrings of a class and its bases."""
    texts: dict[str, str] = {}
    for kind in reversed(cls.__mro__):
        arguments = re.search(r"^Args:\n(.*?)(?:\n\S|\Z)", inspect.getdoc(kind) or "", re.DOTALL | re.MULTILINE)
        for key, text in re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", arguments[1] if arguments else "", re.MULTILINE):
            texts[key] = " ".join(text.split())
    return {key: text for key, text in texts.items() if key in fields_of(cls)}


def meaning_of(text: str) -> str:
    """Return the description of a key without the sentences on its range, its default and its form in steps."""
    return ENDING.sub("", text)


def own_fields(cls: type[Frozen]) -> list[str]:
    """Return the fields of a type, without those that have the same default in every type."""
    shared = shared_fields(cls)
    return [field for field in fields_of(cls) if field not in shared or getattr(cls, field) != shared[field]]


def shared_fields(cls: type[Frozen]) -> dict[str, Any]:
    """Return the quiet fields that `cls` has in common with every type, and their defaults."""
    root = next(base for base in cls.__mro__ if Frozen in base.__bases__)
    return quiet_fields_of(root)
