"""Controller: a schedule times one number, the scale, which a metric changes.

The rule of each type is a pure function of state, metric and progress in the array API. So the same code works for
`observe` in a Python loop, and for `update` inside ``jax.jit`` and ``lax.scan``.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from lr_schedule.config.frozen import Frozen
from lr_schedule.config.model import constructor_of
from lr_schedule.config.reading import read_fields
from lr_schedule.control.levels import Level, at
from lr_schedule.errors import ScheduleConfigError, did_you_mean
from lr_schedule.fields import QUIET, required, to_number
from lr_schedule.kinds.compose import Part
from lr_schedule.numeric import floats
from lr_schedule.numeric.places import TICK
from lr_schedule.numeric.progress import is_array

if TYPE_CHECKING:
    from dataclasses import InitVar

    from lr_schedule.config.frozen import positional

State = dict[str, Any]
"""The state of a controller: numbers by name, including ``scale``; JAX treats it as a pytree."""

SMALLEST, LARGEST = 1e-9, 1e9
"""Limits of the scale, so that it does not reach 0 or infinity if the metric never reacts."""

CHECKED = 1_000
"""The bounds are compared at this many evenly spaced points of the run, plus one."""


kinds: dict[str, type[Controller]] = {}
"""All types of controllers by the name that a config gives under the key ``controller``."""


class Controller(Frozen):
    """A schedule that a metric scales, within bounds; each subclass is a rule.

    Subclass it to write your own rule: define ``type``, the config keys as fields, and the rule as `judge`.

    Formula:
        ``clip(schedule(p) * scale, minimum(p), maximum(p))``

    Only `observe` changes the scale; a call does not. Two controllers are equal if their configs are equal, even if
    their scales differ.

    Args:
        cfg: A mapping with the keys below.
        schedule: The schedule to scale. Required.
        minimum: Lower bound of the value, a number or a schedule. It must not be negative.
        maximum: Upper bound of the value, a number or a schedule. It applies if the lower bound is above it.
        during_warmup: Whether the metric counts during the warmup of the schedule.

    Raises:
        ScheduleConfigError: A key is unknown, or a value has the wrong type or is out of range.
    """

    __slots__ = ("__dict__", "__weakref__", "_state", "_warned")

    memory: ClassVar[State] = {}
    """The state of a type besides the scale, before the first observation."""
    reach: ClassVar[float] = math.inf
    """Largest factor between the value and its schedule, in both directions, if no bound is given."""

    _state: ClassVar[State]
    _warned: ClassVar[bool]

    if TYPE_CHECKING:
        cfg: InitVar[Mapping[str, Any] | None] = positional(default=None, kw_only=False)

    schedule: Part = required()
    minimum: Level = 0.0
    maximum: Level = None
    during_warmup: Annotated[bool, QUIET] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.is_built_in = cls.__module__.startswith("lr_schedule.")
        setattr(cls, "__init__", constructor_of(cls, cls._construct))  # noqa: B010  # or pyright sees an __init__
        if "type" in vars(cls):
            kinds[cls.type] = cls

    def _construct(self, cfg: Mapping[str, Any] | None, keywords: dict[str, Any]) -> None:
        if cfg is not None and not isinstance(cfg, Mapping):
            raise ScheduleConfigError.at((), cfg, "must be a mapping, such as {'controller': 'kl', 'schedule': 3e-4}")
        given = {**(cfg or {}), **keywords}
        if (name := given.pop("controller", self.type)) != self.type:
            raise ScheduleConfigError.at("controller", name, f"{type(self).__name__} is the controller {self.type!r}")
        self._set_fields(read_fields(type(self), given, None))

    def _set_fields(self, fields: Mapping[str, Any]) -> None:
        self._derive(**fields, _state=self.init(), _warned=False)
        self.check()

    @classmethod
    def complete(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Return the given fields and the fields that follow from them; a type can override this method."""
        return given

    @classmethod
    def steps_of_parts(cls, given: Mapping[str, Any], total_steps: float) -> float:
        """Return the number of steps of the schedules in this controller: those of the run."""
        return total_steps

    def check(self) -> None:
        """Raise ScheduleConfigError if a bound is negative, or the upper one is always below the lower one."""
        scheduled = isinstance(self.minimum, Frozen) or isinstance(self.maximum, Frozen)
        places = [1.0 - point / CHECKED for point in range(CHECKED + 1 if scheduled else 1)]
        levels = [(at(self.minimum, place), at(self.maximum, place)) for place in places]
        if any(low is not None and low < 0.0 for low, _ in levels):
            raise ScheduleConfigError.at("minimum", self.minimum, "must be >= 0")
        if all(low is not None and high is not None and high < low for low, high in levels):
            raise ScheduleConfigError.at("maximum", self.maximum, f"must be >= minimum, which is {self.minimum!r}")

    def judge(self, state: State, metric: Any, progress_remaining: Any, xp: Any) -> tuple[State, Any]:
        """Return the changes of the state, and the direction of the scale: 1.0 is up, -1.0 is down, 0.0 is no change.

        Args:
            state: The state of the controller.
            metric: The observation; it may be NaN or infinite.
            progress_remaining: 1.0 at the start of the run, 0.0 at its end.
            xp: The array API namespace of all of these.
        """
        raise NotImplementedError

    def raised(self, scale: Any) -> Any:
        """Return the scale after one step up."""
        return scale

    def lowered(self, scale: Any) -> Any:
        """Return the scale after one step down."""
        return scale

    def init(self) -> State:
        """Return the state before the first observation, as plain numbers."""
        return {"scale": 1.0, **self.memory}

    def update(self, state: State, metric: Any, progress_remaining: Any) -> State:
        """Return the state after an observation; a pure function, for ``jax.jit`` and ``lax.scan`` too."""
        xp = _namespace_of(metric, progress_remaining, *state.values())
        base = at(self.schedule, progress_remaining)
        low, high = self.bounds(progress_remaining, base, xp)
        changes, direction = self.judge(state, metric, progress_remaining, xp)
        # If the base is 0, the state stays the same (see `counts`), so any divisor will do.
        divisor = xp.where(base > 0.0, base, 1.0)
        scale, lowest, highest = state["scale"], low / divisor, high / divisor
        # A step starts and ends within the bounds, so that the scale never grows beyond what has an effect. But a bound
        # never reverses the direction of a step: if the base is near 0, minimum / base is huge.
        up = xp.minimum(self.raised(scale), xp.maximum(scale, xp.minimum(highest, LARGEST)))
        down = xp.maximum(self.lowered(xp.minimum(scale, highest)), xp.minimum(scale, xp.maximum(lowest, SMALLEST)))
        scale = xp.where(direction > 0.0, up, xp.where(direction < 0.0, down, scale))
        counts = (base > 0.0) & self._is_past_warmup(progress_remaining)
        return {name: xp.where(counts, new, state[name]) for name, new in {**changes, "scale": scale}.items()}

    def value(self, state: State, progress_remaining: Any) -> Any:
        """Return the value at a state and a progress; a pure function, for ``jax.jit`` and ``lax.scan`` too."""
        xp = _namespace_of(progress_remaining, *state.values())
        base = at(self.schedule, progress_remaining)
        return xp.clip(base * state["scale"], *self.bounds(progress_remaining, base, xp))

    def __call__(self, progress_remaining: Any) -> Any:
        """Return the value at `progress_remaining` and the current scale: a plain float, or an array for an array."""
        return self.value(self._state, progress_remaining)

    def extremes(self, progress_remaining: Any) -> tuple[Any, Any]:
        """Return the smallest and the largest possible value at a progress, for any metrics."""
        falls, rises = (getattr(type(self), name) is not getattr(Controller, name) for name in ("lowered", "raised"))
        scales = SMALLEST if falls else 1.0, LARGEST if rises else 1.0
        lowest, highest = (self.value({"scale": scale}, progress_remaining) for scale in scales)
        return lowest, highest

    @property
    def scale(self) -> float:
        """The current factor of the schedule."""
        scale: float = self._state["scale"]
        return scale

    def observe(self, metric: Any, progress_remaining: float) -> None:
        """Change the scale by one observation of the metric.

        Args:
            metric: The metric after an update (None: nothing changes). The first NaN or infinity raises a warning; its
                effect depends on the type of controller.
            progress_remaining: The progress at the observation, from 1.0 at the start to 0.0 at the end.

        Raises:
            TypeError: The metric is not a number.
        """
        if metric is None:
            return
        number = to_number(metric)
        if not math.isfinite(number) and not self._warned:
            self._derive(_warned=True)
            message = f"the metric of {self.type!r} is {number} at progress_remaining {progress_remaining:.6g}"
            warnings.warn(message, RuntimeWarning, stacklevel=2)
        state = self.update(self._state, number, progress_remaining)
        self._derive(_state={name: float(new) for name, new in state.items()})

    def replay(self, series: Iterable[tuple[float, Any]]) -> list[float]:
        """Return the values that this controller would have had with a logged metric; it does not change.

        Args:
            series: Pairs of progress_remaining and metric, in the order of the run.

        Returns:
            The value after each observation, at its progress.
        """
        copy = type(self)(self.written_fields())
        values = []
        for progress_remaining, metric in series:
            copy.observe(metric, progress_remaining)
            values.append(copy(progress_remaining))
        return values

    def state_dict(self) -> dict[str, float]:
        """Return the state as a dictionary of plain numbers, to save it."""
        return dict(self._state)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a saved state.

        Raises:
            ScheduleConfigError: The state is not that of a controller of this type, or a number in it is not finite.
        """
        names = self.init().keys()
        if not isinstance(state_dict, Mapping) or state_dict.keys() != names:
            raise ScheduleConfigError.at("state_dict", state_dict, f"must have {', '.join(names)} and nothing else")
        numbers = {name: _finite(name, state_dict[name]) for name in names}
        if numbers["scale"] <= 0.0:
            raise ScheduleConfigError.at("scale", numbers["scale"], "must be a finite number > 0")
        self._derive(_state=numbers)

    def written_fields(self) -> dict[str, Any]:
        """Return the type, under the key ``controller``, and the fields."""
        fields: dict[str, Any] = super().written_fields()
        return {"controller": fields.pop("type"), **fields}

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.written_fields().items() if name != "controller")
        return f"{type(self).__name__}({fields})"

    def __reduce__(self) -> tuple[Any, ...]:
        return restore, (self.type if self.is_built_in else type(self), self.written_fields(), self.state_dict())

    def bounds(self, progress_remaining: Any, base: Any, xp: Any) -> tuple[Any, Any]:
        """Return the bounds at a progress, where the schedule is `base`; the upper one may be infinite."""
        low, high = (at(bound, progress_remaining) for bound in (self.minimum, self.maximum))
        if low is None:
            low = base / self.reach
        if high is None:  # 0 times infinity is NaN
            high = math.inf if math.isinf(self.reach) else base * self.reach
        return xp.minimum(low, high), high

    def _is_past_warmup(self, progress_remaining: Any) -> Any:
        warmup = 0.0 if self.during_warmup else getattr(self.schedule, "warmup_fraction", 0.0)
        return 1.0 - progress_remaining >= warmup - TICK  # 1 - p has a rounding error


def _finite(name: str, value: Any) -> float:
    try:
        number = to_number(value)
    except TypeError:
        number = math.nan
    if not math.isfinite(number):
        raise ScheduleConfigError.at(name, value, "must be a finite number")
    return number


def _namespace_of(*values: Any) -> Any:
    array = next((value for value in values if is_array(value)), None)
    if array is None:
        return floats
    from lr_schedule.numeric import arrays

    return arrays.namespace_of(array)


def find_kind(name: Any) -> type[Controller]:
    """Return the class of the controller with that name in a config."""
    if isinstance(name, str) and name in kinds:
        return kinds[name]
    message = f"unknown controller{did_you_mean(name, sorted(kinds))} Allowed: {', '.join(sorted(kinds))}"
    raise ScheduleConfigError.at("controller", name, message)


def restore(kind: str | type[Controller], fields: dict[str, Any], state: dict[str, float]) -> Controller:
    """Make the controller from the contents of a pickle; pickles name this function by this path."""
    cls = find_kind(kind) if isinstance(kind, str) else kind
    controller = cls(fields)
    controller.load_state_dict(state)
    return controller
