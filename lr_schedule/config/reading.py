"""Reading a cfg: from what a user wrote to the class it names and its validated fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, reduce
from operator import getitem
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from lr_schedule.config.registry import ALLOWED_FORMS, find_class, parse_string, registry
from lr_schedule.errors import Problem, ScheduleConfigError, did_you_mean
from lr_schedule.fields import describe_number, is_numeral, literals_of, to_number, with_number_rules

if TYPE_CHECKING:
    from lr_schedule.base import BaseLRSchedule

Function = TypeVar("Function", bound=Callable[..., Any])

OWN_TIME = ("warmup_fraction", "end_fraction")
"""The keys that say when the bare curve starts, and when it is complete."""


def once(function: Function) -> Function:
    """Return `function`, computed once for each class that it is asked for."""
    return cast("Function", cache(function))


@once
def fields_of(cls: Any) -> dict[str, Any]:
    """Return the config keys of a kind of schedule and their annotations, the keys of all kinds last."""
    from_base = cls.quiet_fields
    hints = get_type_hints(cls, include_extras=True)
    own = {name: hint for name, hint in hints.items() if get_origin(hint) is not ClassVar and name[0] != "_"}
    names = [name for name in own if name not in from_base] + [name for name in own if name in from_base]
    return {name: with_number_rules(own[name]) for name in names if name not in cls.omitted_fields}


@once
def model_of(cls: type[BaseLRSchedule]) -> type[BaseModel]:
    """Return the pydantic model that validates the fields of `cls`."""
    fields: dict[str, Any] = {name: (hint, getattr(cls, name, ...)) for name, hint in fields_of(cls).items()}
    config = ConfigDict(extra="forbid", validate_default=True, protected_namespaces=())
    return create_model(cls.__name__, __config__=config, **fields)


def has_total_steps(cfg: Mapping[str, Any]) -> bool:
    """Tell whether ``total_steps`` in a schedule's mapping is a field of its type, and not the length of the run."""
    cls = registry.get(str(cfg.get("type")))
    return cls is not None and "total_steps" in fields_of(cls)


def steps_twin(field: str) -> str | None:
    """Return the key that gives `field` in steps, for a field that holds shares of the run."""
    if field == "points":
        return "step_points"
    stem = field.removesuffix("s").removesuffix("fraction")
    return f"{stem}steps" if field.removesuffix("s").endswith("fraction") else None


def to_shares(steps: Any, total_steps: float) -> Any:
    """Return steps as shares of the run; a list is taken item by item, a [step, value] pair by its step."""
    if isinstance(steps, Sequence) and not isinstance(steps, str):
        paired = [isinstance(item, Sequence) and not isinstance(item, str) and len(item) == 2 for item in steps]
        return [
            [to_shares(item[0], total_steps), item[1]] if pair else to_shares(item, total_steps)
            for item, pair in zip(steps, paired, strict=True)
        ]
    return to_number(steps) / total_steps


def read_total_steps(given: dict[str, Any], total_steps: Any) -> float | None:
    """Take ``total_steps`` out of `given`, and return it or the one handed over by the caller."""
    written = given.pop("total_steps", None)
    if written is None and total_steps is None:
        return None
    received = total_steps if written is None else written
    try:
        total = to_number(received)
    except TypeError:
        total = float("nan")
    if not 0.0 < total < float("inf"):
        raise ScheduleConfigError.at("total_steps", received, "must be a finite number > 0")
    if written is not None and total_steps is not None and total != to_number(total_steps):
        raise ScheduleConfigError.at("total_steps", written, f"given twice, and differs from {total_steps}")
    return total


class Reader:
    """Reads the fields of one kind of schedule, gathering every problem on the way."""

    def __init__(self, cls: type[BaseLRSchedule], total_steps: Any) -> None:
        self.cls = cls
        self.total_steps = total_steps
        self.allowed = fields_of(cls)
        self.problems: list[Problem] = []
        self.written_as: dict[str, tuple[str, Any]] = {}

    def read(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the validated fields, or raise the error that lists all that is wrong."""
        self._read_total_steps(given)
        if self.cls.free_keys is not None:
            given[self.cls.free_keys] = {key: given.pop(key) for key in list(given) if key not in self.allowed}
        self._resolve_steps(given)
        self._resolve_final_ratio(given)
        self._refuse_unknown_keys(given)
        fields: dict[str, Any] = {}
        try:
            completed = self.cls.complete(given) if not self.problems else given
            context = {"total_steps": self._steps_of_parts(completed)}
            model = model_of(self.cls).model_validate(completed, context=context)
            fields = {name: getattr(model, name) for name in self.allowed}
        except ValidationError as error:
            self.problems += [problem for details in error.errors() for problem in self._problems_from(details, given)]
        except ScheduleConfigError as error:
            self.problems += error.problems
        if self.problems:
            raise ScheduleConfigError(self.problems)
        return fields

    def _read_total_steps(self, given: dict[str, Any]) -> None:
        if "total_steps" not in self.allowed:
            self.total_steps = read_total_steps(given, self.total_steps)
        elif self.total_steps is not None:
            given.setdefault("total_steps", self.total_steps)

    def _steps_of_parts(self, given: dict[str, Any]) -> Any:
        """Return the steps between warmup and early end, which are the whole run for schedules within this one."""
        try:
            warmup, end = (to_number(given.get(key, self.cls.quiet_fields.get(key))) for key in OWN_TIME)
        except TypeError:
            return self.total_steps
        return self.total_steps * (end - warmup) if self.total_steps and end > warmup else self.total_steps

    def _resolve_steps(self, given: dict[str, Any]) -> None:
        for field in self.allowed:
            key = steps_twin(field)
            if key is None or key in self.allowed or key not in given:
                continue
            steps = given.pop(key)
            self.written_as[field] = key, steps
            if field in given:
                self._report(key, steps, f"given together with {field}; give one of them")
            elif self.total_steps is None:
                self._report(key, steps, "needs total_steps, in the config or as create(cfg, total_steps=...)")
            else:
                try:
                    given[field] = to_shares(steps, self.total_steps)
                except TypeError:
                    self._report(key, steps, "must be a number of steps")

    def _resolve_final_ratio(self, given: dict[str, Any]) -> None:
        if "final_value" not in self.allowed or "final_ratio" not in given:
            return
        ratio = given.pop("final_ratio")
        try:
            share, peak = to_number(ratio), to_number(given.get("initial_value", self.cls.initial_value))
        except TypeError:
            share, peak = float("nan"), 0.0
        if "final_value" in given:
            self._report("final_ratio", ratio, "given together with final_value; give one of them")
        elif not 0.0 <= share < float("inf"):
            self._report("final_ratio", ratio, "must be a finite number >= 0, a share of initial_value")
        else:
            self.written_as["final_value"] = "final_ratio", ratio
            given["final_value"] = share * peak

    def _refuse_unknown_keys(self, given: dict[str, Any]) -> None:
        known = list(allowed_keys(self.cls))
        for key in [key for key in given if key not in self.allowed]:
            allowed = ", ".join(known)
            self._report(key, given.pop(key), f"unknown key{did_you_mean(key, known)} Allowed: {allowed}")

    def _report(self, key: Any, received: Any, message: str) -> None:
        self.problems.append(Problem((str(key),), received, message))

    def _problems_from(self, details: Any, given: dict[str, Any]) -> Iterator[Problem]:
        field, *rest = details["loc"]
        key, steps = self.written_as.get(field, (field, None))
        cause = details.get("ctx", {}).get("error")
        if isinstance(cause, ScheduleConfigError):
            yield from cause.below((key, *rest)).problems
            return
        received = _item_at([given.get(field) if key == field else steps], (0, *rest), details["input"])
        unit = "" if key == field else f" once resolved to {field}"
        missing = details["type"] == "missing"
        yield Problem((key, *rest), None if missing else received, self._message(field, details) + unit)

    def _message(self, field: str, details: Any) -> str:
        annotation = self.allowed[field]
        if details["type"] == "missing":
            return "required key is missing"
        if details["type"] == "literal_error":
            return f"must be {details['ctx']['expected']}{did_you_mean(details['input'], literals_of(annotation))}"
        if len(details["loc"]) == 1 and (numbers := describe_number(annotation)):
            return f"must be {numbers}"
        return str(details["msg"]).replace("Input should be", "must be")


def _item_at(container: Any, path: Sequence[Any], default: Any) -> Any:
    """Return what stands at `path` in nested data, or the default where the path leads out of it."""
    try:
        return reduce(getitem, path, container)
    except (LookupError, TypeError):
        return default


def allowed_keys(cls: type[BaseLRSchedule]) -> dict[str, str]:
    """Return every key that a config of `cls` may hold, each with the field that it sets."""
    fields = fields_of(cls)
    keys: dict[str, str] = {}
    for field in fields:
        if field == cls.free_keys:
            continue
        keys[field] = field
        twin = steps_twin(field)
        if twin is not None:
            keys[twin] = field
    if "final_value" in fields:
        keys["final_ratio"] = "final_value"
    return keys


def as_schedule_mapping(cfg: Any) -> dict[str, Any]:
    """Return what `cfg` says of a schedule of any kind, as a mapping of its own that may be changed."""
    if isinstance(cfg, Sequence) and not isinstance(cfg, (str, bytes, bytearray)):
        return {"type": "sequential", "parts": cfg}
    return as_mapping(cfg)


def as_mapping(cfg: Any) -> dict[str, Any]:
    """Return what `cfg` says of the fields of one kind of schedule, as a mapping of its own that may be changed."""
    if cfg is None:
        return {}
    if isinstance(cfg, Mapping):
        return dict(cfg)
    if isinstance(cfg, str):
        return parse_string(cfg) if not is_numeral(cfg) else {"initial_value": cfg}
    to_config: Callable[[], dict[str, Any]] | None = getattr(cfg, "written_fields", None)
    if to_config is not None and not isinstance(cfg, type):
        return to_config()
    try:
        return {"initial_value": to_number(cfg)}
    except TypeError:
        raise ScheduleConfigError.at((), cfg, ALLOWED_FORMS) from None


def read_fields(
    cls: type[BaseLRSchedule], cfg: Any, keywords: Mapping[str, Any], total_steps: Any = None
) -> dict[str, Any]:
    """Return the validated fields of a `cls` made from a cfg, from keywords, or from both."""
    if "type" in vars(cls):  # a class that cloudpickle made anew gets its type only after it is made
        registry.setdefault(cls.type, cls)
    given = as_mapping(cfg)
    for key, value in keywords.items():
        if key in given:
            raise ScheduleConfigError.at(key, value, "given in the config and as a keyword; give one of them")
        given[key] = value
    name = given.pop("type", cls.type)
    if name != cls.type:
        find_class(name)
        raise ScheduleConfigError.at("type", name, f"{cls.__name__} is of type {cls.type!r}")
    return Reader(cls, total_steps).read(given)
