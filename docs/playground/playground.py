"""What the page "Playground" asks of lr_schedule: texts and numbers in, plain data out.

Pyodide runs this file in a visitor's browser, and `tests/test_playground.py` runs it here. Every value, message and
key comes from the package; this file only passes them on.
"""

from __future__ import annotations

import json
import pprint
from collections.abc import Mapping
from typing import Any

import yaml

from lr_schedule import BaseLRSchedule, ScheduleConfigError, json_schema
from lr_schedule.bridge.updates import update_ends, warnings_of
from lr_schedule.cli.types import CONFIGS
from lr_schedule.config.reading import as_mapping
from lr_schedule.config.registry import registry
from lr_schedule.config.schema import own_fields, shared_fields, summary
from lr_schedule.config.twins import allowed_keys
from lr_schedule.config.yaml_files import Document, FileProblem, parse_yaml
from lr_schedule.fields import at_least, read_number
from lr_schedule.steps import progress_at, read_total_steps

INTERVALS = 1000
"""Straight lines that the curve is drawn with."""
ROWS = 10
"""Equal parts of the run at whose ends the table gives the value."""
MOST_UPDATES = 10_000
"""Updates whose values are computed for the warnings; of more, as many that are spread evenly."""
WIDTH = 88
"""Longest line of the Python that a visitor copies."""


def answer(request: str) -> str:
    """Return the answer to one message of the page; both are JSON: ``{"ask": "show", "text": ...}``."""
    given = json.loads(request)
    return json.dumps(QUESTIONS[given.pop("ask")](**given))


def show(text: str, timesteps: str = "", per_update: str = "") -> dict[str, Any]:
    """Return the curve of the schedule that a YAML text describes, or what is wrong with it.

    Args:
        text: YAML, as it was typed.
        timesteps: Length of the run in timesteps, as it was typed; empty where it is not known.
        per_update: Timesteps from one update to the next, as it was typed; without it there are no warnings.
    """
    try:
        total = _whole_number(timesteps, "run length")
        every = _whole_number(per_update, "timesteps per update")
        document = parse_yaml(text)
    except ScheduleConfigError as error:
        return _problems(error)
    shown = {"fields": _texts_of(document), "type": _type_of(document)}
    try:
        with document.located():
            total = _own_length(document.data) or total
            schedule = BaseLRSchedule.create(document.data, total)
            values = [schedule(progress_at(point, INTERVALS)) for point in range(INTERVALS + 1)]
    except ScheduleConfigError as error:
        return shown | _problems(error)
    except ModuleNotFoundError as error:
        return shown | {"problems": [{"text": f"{error}. A browser cannot run it: this type works in Python only."}]}
    return shown | {
        "values": values,
        "total": total,
        "name": schedule.describe(),
        "rows": _rows(schedule, total),
        "warnings": _warnings(schedule, total, every),
        "python": _python(document.data, total),
    }


def choose(text: str, type: str, timesteps: str = "") -> dict[str, Any]:
    """Return YAML for another type, which keeps the values and the warmup of a text where that type takes them."""
    example = {"type": type, **CONFIGS.get(type, {})}
    keys = {"type": "type", **allowed_keys(registry[type])}
    fields = {"initial_value", "final_value", *shared_fields(BaseLRSchedule)}
    try:
        given = as_mapping(parse_yaml(text).data)
        kept = {key: value for key, value in given.items() if keys.get(key) in fields} | example
        BaseLRSchedule.create(kept, _own_length(kept) or _whole_number(timesteps, "run length"))
    except (ScheduleConfigError, ModuleNotFoundError):
        kept = example
    return {"text": _dump({key: kept[key] for key in keys if key in kept})}


def edit(text: str, changes: Mapping[str, str]) -> dict[str, Any]:
    """Return YAML in which keys have other values, given as YAML; an empty one takes its key out."""
    try:
        given = as_mapping(parse_yaml(text).data)
    except ScheduleConfigError:
        return {"text": text}
    for key, value in changes.items():
        if value.strip():
            given[key] = _value_of(value)
        else:
            given.pop(key, None)
    return {"text": _dump(given)}


def types() -> dict[str, Any]:
    """Return every type with its keys, as the JSON Schema of the package describes them."""
    schemas = json_schema()["$defs"]
    return {"types": [{"type": name, **_form(name, schemas[name]["properties"])} for name in sorted(registry)]}


QUESTIONS = {"show": show, "choose": choose, "edit": edit, "types": types}


def _form(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a type, those that make it what it is first; each with the keys that set it."""
    cls = registry[name]
    own, keys = own_fields(cls), allowed_keys(cls)
    fields = [
        {"keys": [{"key": key, **properties[key]} for key, sets in keys.items() if sets == field], "own": field in own}
        for field in sorted(dict.fromkeys(keys.values()), key=lambda field: field not in own)
    ]
    return {"summary": summary(cls), "fields": fields}


def _texts_of(document: Document) -> dict[str, str]:
    """Return each key of a config and its value, as one line of YAML."""
    try:
        given = as_mapping(document.data)
    except ScheduleConfigError:
        return {}
    return {str(key): _dump(value, in_one_line=True) for key, value in given.items()}


def _type_of(document: Document) -> str | None:
    """Return the type that a config names, where there is one of that name."""
    try:
        name = as_mapping(document.data).get("type", BaseLRSchedule.type)
    except ScheduleConfigError:
        return None
    return name if isinstance(name, str) and name in registry else None


def _value_of(text: str) -> Any:
    """Return what a text says as YAML; half a list, as it is being typed, is a text that the package refuses."""
    try:
        return parse_yaml(text).data
    except ScheduleConfigError:
        return text


def _whole_number(text: str, name: str) -> int | None:
    return int(read_number(at_least(1), text.replace(",", "").strip(), name)) if text.strip() else None


def _own_length(data: Any) -> float | None:
    """Return the length of the run that a config gives itself."""
    written = data.get("total_steps") if isinstance(data, Mapping) else None
    return None if written is None else read_total_steps(written)


def _rows(schedule: BaseLRSchedule, total: float | None) -> list[dict[str, Any]]:
    return [
        {
            "step": None if total is None else total * row / ROWS,
            "progress": progress_at(row, ROWS),
            "value": schedule(progress_at(row, ROWS)),
        }
        for row in range(ROWS + 1)
    ]


def _warnings(schedule: BaseLRSchedule, total: float | None, every: int | None) -> list[str]:
    """Return what `preview` would say of the schedule as a learning rate."""
    if total is None or every is None:
        return []
    ends = update_ends(every, int(total))
    some = [*ends[:: -(-len(ends) // MOST_UPDATES)], ends[-1]]
    values = [schedule(progress_at(end, int(total))) for end in some]
    return list(warnings_of("learning_rate", schedule, values, ends, int(total), is_rate=True))


def _python(data: Any, total: float | None) -> str:
    """Return the Python that makes the schedule."""
    written = pprint.pformat(data, sort_dicts=False, width=WIDTH - 8)
    length = ""
    try:
        BaseLRSchedule.create(data)
    except ScheduleConfigError:  # keys in steps, and no length of the run
        length = f", total_steps={total}"
    call = f"schedule = BaseLRSchedule.create({written}{length})"
    if "\n" in written or len(call) > WIDTH:
        inner = f"{written}{length}".replace("\n", "\n    ")
        call = f"schedule = BaseLRSchedule.create(\n    {inner}\n)"
    return f"from lr_schedule import BaseLRSchedule\n\n{call}\n"


def _problems(error: ScheduleConfigError) -> dict[str, Any]:
    """Return what is wrong, each problem with its line where it has one."""
    found = []
    for problem in error.problems:
        if isinstance(problem, FileProblem):
            place = f"{problem.file}:{problem.line}:{problem.column}: "
            found.append({"line": problem.line, "text": str(problem).removeprefix(place)})
        else:
            found.append({"text": str(problem)})
    return {"problems": found}


class _Dumper(yaml.SafeDumper):
    """Writes mappings in lines of their own, and lists of numbers or points in one line."""

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> Any:
        in_one_line = self.default_flow_style or not any(isinstance(item, Mapping) for item in sequence)
        return super().represent_sequence(tag, sequence, flow_style=in_one_line)

    def ignore_aliases(self, data: Any) -> bool:
        """Write what stands in two places twice."""
        return True


def _dump(data: Any, in_one_line: bool = False) -> str:
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, default_flow_style=in_one_line, width=10**6)
    # YAML marks the end of a document that is one word or number.
    return text.removesuffix("\n").removesuffix("\n...") if in_one_line else text
