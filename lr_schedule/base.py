"""BaseLRSchedule: what every schedule shares, from reading a config to being asked for a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, SupportsFloat, TypeAlias, TypeVar, overload

import numpy as np
import numpy.typing as npt

from lr_schedule.config import frozen as values
from lr_schedule.config import reading as config
from lr_schedule.config import registry
from lr_schedule.config.frozen import FrozenFields
from lr_schedule.errors import ScheduleConfigError
from lr_schedule.fields import Fraction, PartialFraction, PositiveFraction, Value, to_number
from lr_schedule.numeric import floats
from lr_schedule.numeric import progress as numeric
from lr_schedule.pictures import svg as notebook

if TYPE_CHECKING:
    from lr_schedule.steps import StepFunction

Config: TypeAlias = "SupportsFloat | str | Mapping[str, Any] | Sequence[Any] | Callable[[float], float] | None"
"""What `BaseLRSchedule.create` turns into a schedule."""

Array = TypeVar("Array")


class BaseLRSchedule(FrozenFields):
    """A value as a function of training progress; this class itself holds it constant.

    Use `create` to turn a config into any kind of schedule, and subclass it to add a kind of your own.

    Formula:
        ``initial_value``, after a warmup where one is asked for.

    Args:
        cfg: A number (the initial value), a mapping of the keys below, or the Zoo's string form.
        initial_value: The value, or for a kind that moves the value that it starts from (finite, >= 0; 0.001).
        warmup_fraction: Share of the run (in [0, 1); 0) that rises linearly to the first value of the curve, which
            then takes the rest of the run. Twin in steps: ``warmup_steps``.
        warmup_start_factor: Where the warmup starts, as a share of the value that it reaches (in [0, 1]; 0).
        end_fraction: Share of the run (in (0, 1]; 1) at which the curve is complete; its last value then holds.
            Twin in steps: ``end_steps``.

    Raises:
        ScheduleConfigError: Something in the config is unknown, of the wrong kind or out of its range.

    Example:
        >>> schedule = BaseLRSchedule.create({"type": "linear", "initial_value": 0.001})
        >>> schedule(0.5)
        0.0005
    """

    __slots__ = ("__dict__", "__weakref__", "_direct", "_parts", "_peak", "_span", "_stop", "_timed", "_trusted")

    type: ClassVar[str] = "constant"
    quiet_fields: ClassVar[dict[str, Any]] = {
        "warmup_fraction": 0.0,
        "warmup_start_factor": 0.0,
        "end_fraction": 1.0,
    }
    omitted_fields: ClassVar[tuple[str, ...]] = ()
    free_keys: ClassVar[str | None] = None
    func_includes_warmup: ClassVar[bool] = False
    is_built_in: ClassVar[bool] = True
    trusted: ClassVar[bool] = True

    initial_value: Value = 0.001
    warmup_fraction: PartialFraction = 0.0
    warmup_start_factor: Fraction = 0.0
    end_fraction: PositiveFraction = 1.0

    _direct: bool
    _timed: bool
    _trusted: bool
    _stop: float
    _span: float
    _peak: float
    _parts: tuple[BaseLRSchedule, ...]

    def __init__(self, cfg: Config = None, /, **fields: Any) -> None:
        self._set_fields(config.read_fields(type(self), cfg, fields))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = vars(cls)
        if "func" in own and not cls.func_includes_warmup:
            cls._curve = numeric.as_curve(own["func"])
        cls.is_built_in = cls.__module__.startswith("lr_schedule.")
        cls.trusted = own.get("trusted", cls.is_built_in)
        if "type" in own:
            registry.register(cls)

    @classmethod
    def create(cls, cfg: Config, total_steps: float | None = None) -> BaseLRSchedule:
        """Turn a config into a schedule.

        Use this wherever a user hands over a learning rate: it takes every form that the package knows.

        Args:
            cfg: A number or numeral (held constant), a mapping with a ``type`` (without one: constant), the Zoo's
                string form (``"lin_3e-4"``, ``"cosine_3e-4"``), a list of phases, a function of progress, or a
                schedule, which is returned as it is.
            total_steps: Length of the run in the steps of the ``*_steps`` keys (> 0; None where there are none).

        Returns:
            A frozen schedule of the class registered under ``type``.

        Raises:
            ScheduleConfigError: The config cannot be used; the message says where and why.

        Example:
            >>> BaseLRSchedule.create({"type": "linear", "warmup_steps": 50}, total_steps=1000)
            LinearLRSchedule(initial_value=0.001, final_value=0.0, warmup_fraction=0.05)
        """
        if isinstance(cfg, BaseLRSchedule):
            return cfg
        if cfg is None:
            raise ScheduleConfigError.at((), cfg, registry.ALLOWED_FORMS)
        if callable(cfg) and not isinstance(cfg, (type, Mapping)):
            from lr_schedule.function import FunctionLRSchedule

            return FunctionLRSchedule(function=cfg)
        given = config.as_schedule_mapping(cfg)
        named = registry.find_class(given.pop("type")) if "type" in given else cls
        schedule = object.__new__(named)
        try:
            schedule._set_fields(config.read_fields(named, given, {}, total_steps))
        except RecursionError:
            raise ScheduleConfigError.at((), "...", "nested too deeply, or contains itself") from None
        return schedule

    @classmethod
    def complete(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Return the fields as given, with those added that follow from others; a kind may override it."""
        return given

    def check(self) -> None:
        """Raise ScheduleConfigError where fields do not fit together; a kind that has such fields extends it."""
        for name in config.fields_of(type(self)):
            value = getattr(self, name)  # vars(self) would cost every later call CPython's fast attribute path
            if name.endswith("_fraction") and 0.0 < (value or 0.0) < numeric.TICK:
                raise ScheduleConfigError.at(name, value, "is shorter than a step of any run: must be 1e-12 or more")
        if self.warmup_fraction >= self.end_fraction:
            message = f"must be below end_fraction, which is {self.end_fraction}"
            raise ScheduleConfigError.at("warmup_fraction", self.warmup_fraction, message)

    def prepare(self) -> None:
        """Set what the formula needs again and again and fields do not say directly, in slots; none by default."""

    def _set_fields(self, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, values.written(value))
        parts = tuple(part for value in fields.values() for part in values.schedules_in(value))
        timed = self.warmup_fraction > 0.0 or self.end_fraction < 1.0
        trusted = self.trusted and all(part._trusted for part in parts)
        self._derive(_parts=parts, _timed=timed, _trusted=trusted, _direct=trusted and not timed)
        self.check()
        start, stop = 1.0 - self.warmup_fraction, 1.0 - self.end_fraction
        self._derive(_stop=stop, _span=start - stop, _peak=0.0)
        self.prepare()
        if self.warmup_fraction > 0.0:
            self._derive(_peak=self._curve(1.0, floats))

    def _derive(self, **slots: Any) -> None:
        for name, value in slots.items():
            object.__setattr__(self, name, value)

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        """Return the bare formula at a progress in [0, 1] of the curve's own time, warmup and early end left out.

        Args:
            progress_remaining: 1.0 where the curve starts, 0.0 where it is complete; a float, or an array of `xp`.
            xp: The array API namespace of `progress_remaining`.

        Returns:
            The value, of the same kind as `progress_remaining`.
        """
        return self.initial_value if xp is floats else xp.full_like(progress_remaining, self.initial_value)

    _curve = func

    @overload
    def __call__(self, progress_remaining: SupportsFloat) -> float: ...
    @overload
    def __call__(self, progress_remaining: Array) -> Array: ...
    def __call__(self, progress_remaining: Any) -> Any:
        """Return the value at `progress_remaining`, which is clamped to [0, 1].

        Args:
            progress_remaining: 1.0 at the start of training, 0.0 at its end: any real number, or an array of floats
                (numpy, torch or jax, of any shape; inside ``jax.jit`` and ``torch.compile`` too).

        Returns:
            A plain float for a number; for an array one of the same kind, dtype, shape and device.

        Raises:
            ValueError: The progress is NaN (where values are not known yet, while tracing, NaN counts as 0).
            TypeError: It is no number and no array of floats.
        """
        if type(progress_remaining) is float and 0.0 <= progress_remaining <= 1.0:
            if self._direct:
                return self.func(progress_remaining)
            if self._timed and self._trusted:
                return self._in_time(progress_remaining)
            return self._value(progress_remaining)
        if numeric.is_array(progress_remaining):
            return numeric.evaluate(self._values, progress_remaining)
        return self._value(numeric.to_progress(progress_remaining))

    def _value(self, progress: float) -> float:
        value = self._evaluate(progress, floats)
        return value if self._trusted else numeric.require_value(value, progress, self)

    def _values(self, progress: Any, xp: Any) -> Any:
        values = self._evaluate(progress, xp)
        return values if self._trusted else numeric.require_values(values, xp)

    def _evaluate(self, progress: Any, xp: Any) -> Any:
        """Return the value at a progress that is known to be in [0, 1]."""
        return self._in_time(progress, xp) if self._timed else self._curve(progress, xp)

    def _in_time(self, progress: Any, xp: Any = floats) -> Any:
        """Return the linear warmup, then the bare curve over the rest of the run, complete at `end_fraction`."""
        inner = (progress - self._stop) / self._span
        if xp is not floats:
            return xp.where(inner > 1.0, self._warmup(progress, xp), self._curve(xp.clip(inner, 0.0, 1.0), xp))
        if inner > 1.0:
            return self._warmup(progress, xp)
        return self._curve(inner if inner > 0.0 else 0.0, xp)

    def elapsed(self, progress_remaining: Any) -> Any:
        """Return the share of the whole run that is over since the warmup, for a progress of the curve's own time."""
        return (1.0 - progress_remaining) * self._span

    def _warmup(self, progress: Any, xp: Any) -> Any:
        return self._ramp((1.0 - progress) / (self.warmup_fraction or 1.0), xp)

    def _ramp(self, warmed: Any, xp: Any) -> Any:
        """Return the value when the share `warmed` of the warmup is over."""
        return self._peak * (self.warmup_start_factor + (1.0 - self.warmup_start_factor) * warmed)

    def sample(self, n: int) -> npt.NDArray[np.float64]:
        """Return the values at `n` (>= 1) points spaced evenly from progress 1 to progress 0, as a float64 array."""
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise ValueError(f"n must be a whole number >= 1, not {n!r}")
        return np.asarray(self(np.linspace(1.0, 0.0, n)))

    def to_steps(self, total_steps: float) -> StepFunction:
        """Return the schedule as a picklable function of the step, for optax, ``LambdaLR`` and loops that count steps.

        Args:
            total_steps: Length of the run in these steps (finite, > 0; may be fractional).

        Example:
            >>> BaseLRSchedule.create("lin_0.001").to_steps(100)(25)
            0.00075
        """
        from lr_schedule.steps import StepFunction

        return StepFunction(self, total_steps)

    def __mul__(self, factor: Any) -> BaseLRSchedule:
        try:
            other = factor if isinstance(factor, BaseLRSchedule) else to_number(factor)
        except TypeError:
            return NotImplemented
        return BaseLRSchedule.create({"type": "product", "parts": [other, self]})

    __rmul__ = __mul__

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draw the curve on matplotlib axes (new ones where `ax` is None), and return them; see `lr_schedule.plot`."""
        from lr_schedule.plotting import plot

        return plot(self, ax, **options)

    def __reduce__(self) -> tuple[Any, ...]:
        """Name the type for a kind of this package, so that its file may move; a user's class names itself."""
        fields = self.written_fields()
        return (BaseLRSchedule.create if self.is_built_in else type(self)), (fields,)

    def _repr_html_(self) -> str:
        """Return a small picture of the curve (inline SVG) for notebooks."""
        return notebook.picture(repr(self), self.sample(121))


registry.register(BaseLRSchedule)
