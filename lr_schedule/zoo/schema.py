"""The JSON Schema of a hyperparameter file of the RL Zoo, for completion in editors."""

from __future__ import annotations

from typing import Any

from lr_schedule.config.schema import SCHEDULE, json_schema
from lr_schedule.zoo.sections import OFF_WHEN_NEGATIVE, SCHEDULE_KEYS


def hyperparams_schema() -> dict[str, Any]:
    """Return a JSON Schema in which every section of a file may hold schedules where the Zoo takes them.

    Example:
        >>> sorted(hyperparams_schema()["$defs"]["hyperparameters"]["properties"])[:2]
        ['callback', 'clip_range']
    """
    # A negative number, or null, turns clipping off.
    off = {"type": ["number", "null"], "exclusiveMaximum": 0}
    keys = {key: {"anyOf": [SCHEDULE, off]} if key in OFF_WHEN_NEGATIVE else SCHEDULE for key in SCHEDULE_KEYS}
    scheduled = {"type": "object", "properties": {"schedules": {"type": "object", "additionalProperties": SCHEDULE}}}
    callback = {
        "anyOf": [
            {"type": ["string", "null"]},
            {"type": "object", "patternProperties": {"ScheduleCallback$": scheduled}},
        ]
    }
    callbacks = {"anyOf": [callback, {"type": "array", "items": callback}]}
    section = {"type": "object", "properties": {**keys, "n_timesteps": {"type": "number"}, "callback": callbacks}}
    whole = json_schema()
    return {
        "$schema": whole["$schema"],
        "title": "Hyperparameters of the RL Zoo, with schedules",
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/hyperparameters"},
        "$defs": {**whole["$defs"], "hyperparameters": section},
    }
