"""The JSON Schema of a controller."""

from __future__ import annotations

from typing import Any

from lr_schedule.config import schema
from lr_schedule.control.controller import kinds

CONTROLLER: dict[str, Any] = {"$ref": "#/$defs/_controller"}

METRIC = {
    "type": "string",
    "minLength": 1,
    "title": "metric",
    "description": "The metric in Stable-Baselines3: kl, or a key of the log. For kl, the default is train/approx_kl.",
}
PLACED: dict[str, Any] = {
    "sign": {"enum": [1, -1], "title": "sign", "description": "With -1, the value is minus that of the schedule."},
    "range": {
        "type": "array",
        "items": {"type": ["number", "string"]},
        "minItems": 2,
        "maxItems": 2,
        "title": "range",
        "description": "Two values of any sign, for a schedule from 0 to 1: the value at 0, and the value at 1.",
    },
}
"""Additional keys of a schedule or a controller for a target of Stable-Baselines3."""


def json_schema() -> dict[str, Any]:
    """Return one JSON Schema (draft 2020-12) for controllers of every type, with the key ``metric``.

    Use it for an editor that completes and checks controllers in YAML.

    Returns:
        Plain JSON-able data. ``$defs`` has the entries of `lr_schedule.json_schema` and one for each controller.

    Example:
        >>> from lr_schedule.control import json_schema
        >>> sorted(json_schema()["$defs"]["_controller_kl"]["properties"])[:3]
        ['band', 'controller', 'during_warmup']
    """
    schedules = schema.json_schema()
    named = {name: f"_controller_{name}" for name in sorted(kinds)}
    refs = {name: {"$ref": f"#/$defs/{key}"} for name, key in named.items()}
    return {
        "$schema": schedules["$schema"],
        "title": "A controller of lr_schedule",
        **CONTROLLER,
        "$defs": {
            **schedules["$defs"],
            **{key: _with_metric(schema.schema_of_type(kinds[name], "controller")) for name, key in named.items()},
            "_controllers": {
                "enum": [*named],
                "enumDescriptions": [schema.summary(kinds[name]) for name in named],
            },
            "_controller": {
                "type": "object",
                "allOf": list(schema.branches(refs, {"required": ["controller"]}, "controller")),
            },
        },
    }


def _with_metric(controller: dict[str, Any]) -> dict[str, Any]:
    return {**controller, "properties": {**controller["properties"], "metric": METRIC, **PLACED}}
