"""The JSON Schema of a hyperparameter file of the RL Zoo, for completion in editors."""

from __future__ import annotations

from typing import Any

from lr_schedule.config.registry import registry
from lr_schedule.config.schema import SCHEDULE, branches, types_with
from lr_schedule.config.schema_fields import schema_of
from lr_schedule.control.schema import CONTROLLER, PLACED, json_schema
from lr_schedule.zoo.sections import OFF_WHEN_NEGATIVE, SCHEDULE_KEYS

MEANINGS = {
    "learning_rate": "The learning rate: a number or a schedule.",
    "clip_range": "The clip range of PPO for the ratio of policies: a number or a schedule. Negative: not clipped.",
    "clip_range_vf": "The clip range of PPO for the value function: a number or a schedule. Negative or null: none.",
    "delta_std": "The standard deviation of the noise on the weights in ARS: a number or a schedule.",
    "qf_learning_rate": "The learning rate of the critic (SBX): a number or a schedule.",
}
FOLLOWED = {"if": {"type": "object", "required": ["controller"]}, "then": CONTROLLER, "else": SCHEDULE}
"""What a hyperparameter follows: a schedule, or a controller."""

TARGET = {**FOLLOWED, "else": {"if": {"type": "object"}, "then": {"$ref": "#/$defs/_target"}, "else": SCHEDULE}}
"""What a target of a ScheduleCallback follows: the same, and the keys sign and range."""

TARGETS = "The schedule or controller of each hyperparameter, by its name, such as ent_coef."
OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "schedules": ({"type": "object", "additionalProperties": TARGET}, TARGETS),
    "run_timesteps": (
        {"type": ["integer", "null"], "minimum": 1},
        "Length of the whole run in timesteps. With null, each learn is a separate run.",
    ),
    "verbose": ({"type": "integer"}, "0 for no output, 1 to list targets and schedules at the start of training."),
    "override_auto": ({"type": "boolean"}, "Whether ent_coef may be scheduled if the model learns it."),
    "timesteps_done": (
        {"type": ["integer", "null"], "minimum": 0},
        "Number of timesteps of the run that are done at the start. With null, the model knows it.",
    ),
    "total_timesteps": ({"type": ["integer", "null"], "minimum": 1}, "Another name for run_timesteps."),
}
"""The arguments of `lr_schedule.sb3.ScheduleCallback`; its signature cannot be read without Stable-Baselines3."""


def hyperparams_schema() -> dict[str, Any]:
    """Return a JSON Schema for a hyperparameter file with schedules in its sections.

    Example:
        >>> sorted(hyperparams_schema()["$defs"]["_hyperparameters"]["properties"])[:2]
        ['callback', 'clip_range']
    """
    whole = json_schema()
    return {
        "$schema": whole["$schema"],
        "title": "Hyperparameters of the RL Zoo, with schedules",
        "description": "A section for each environment.",
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/_hyperparameters"},
        "$defs": {
            **whole["$defs"],
            "_hyperparameters": _section(),
            "_callback": _callback(),
            "_target": _target({name: whole["$defs"][name] for name in sorted(registry)}),
        },
    }


def _target(types: dict[str, Any]) -> dict[str, Any]:
    variants = types_with(PLACED, types)
    return {"allOf": list(branches(variants, variants["constant"]))}


def _section() -> dict[str, Any]:
    length = schema_of({"type": "number", "exclusiveMinimum": 0})
    entry = {"$ref": "#/$defs/_callback"}
    callbacks = {"type": ["string", "object", "array", "null"], "items": entry, "if": {"type": "object"}, "then": entry}
    properties = {
        **{key: _described(key, _at(key), MEANINGS[key]) for key in SCHEDULE_KEYS},
        "n_timesteps": _described("n_timesteps", length, "Length of the run in timesteps. Range: > 0."),
        "callback": _described("callback", callbacks, "A callback, or a list: dotted paths of classes, or mappings."),
    }
    return {"title": "hyperparameters", "type": "object", "properties": properties}


def _at(key: str) -> dict[str, Any]:
    """Return the schema of a key: a schedule, or a value that turns clipping off."""
    if key not in OFF_WHEN_NEGATIVE:
        return FOLLOWED
    off = ["number", "null"] if key == "clip_range_vf" else ["number"]
    return {"if": {"type": off, "exclusiveMaximum": 0}, "else": FOLLOWED}


def _callback() -> dict[str, Any]:
    options = {
        "type": "object",
        "properties": {key: _described(key, *option) for key, option in OPTIONS.items()},
        "required": ["schedules"],
        "additionalProperties": False,
    }
    about = "Sets hyperparameters of a model to the values of schedules while it trains."
    named = _described("ScheduleCallback", options, about)
    return {
        "type": ["string", "object", "null"],
        # The full path is listed for editors, which do not complete patterns.
        "properties": {"lr_schedule.sb3.ScheduleCallback": named},
        "patternProperties": {r"^(?!lr_schedule\.sb3\.)(.*\.)?ScheduleCallback$": named},
    }


def _described(title: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
    return {**schema, "title": title, "description": text}
