"""BaseLRSchedule, the base class of all schedules: it reads configs and returns values."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, cast, overload

from lr_schedule.config.frozen import Frozen, as_kept
from lr_schedule.config.model import constructor_of, declares_fields, fractions_of
from lr_schedule.config.reading import Config, read
from lr_schedule.config.registry import register
from lr_schedule.errors import NO_ARRAY_AS_FACTOR, ScheduleConfigError, refuse_plain_error
from lr_schedule.fields import QUIET, Fraction, PartialFraction, PositiveFraction, Value, required, to_number
from lr_schedule.numeric import floats
from lr_schedule.numeric.own_code import with_code_of_its_own
from lr_schedule.numeric.places import TICK, require_room_for_a_step
from lr_schedule.numeric.pointwise import pointwise
from lr_schedule.numeric.progress import is_array, to_progress
from lr_schedule.numeric.sampling import Sampled
from lr_schedule.numeric.timing import InTime
from lr_schedule.pictures import axes, svg, text
from lr_schedule.steps import require_of_progress

if TYPE_CHECKING:
    from dataclasses import InitVar

    from matplotlib.axes import Axes

    from lr_schedule.config.frozen import positional
    from lr_schedule.numeric.progress import Array, Number


class BaseLRSchedule(InTime, Sampled, Frozen):
    """A constant value, and the base class of all schedules.

    Use it first, and compare every other schedule with it: in the studies of this project, short runs of PPO and SAC,
    no other schedule was better.

    `create` turns a config into any type of schedule. To write your own type, subclass this class.

    Formula:
        ``initial_value``, after the warmup if there is one.

    Args:
        cfg: A number (the initial value), a mapping with the keys below, or a string as in the RL Zoo (``lin_3e-4``).
        initial_value: Value of a constant schedule. In other types, the value at the start of the curve. Range: >= 0.
            Default: 0.001.
        warmup_fraction: Fraction of the run for the warmup, which rises to the first value of the curve. Range: [0, 1).
            Default: 0.0. In steps: ``warmup_steps``.
        warmup_start_factor: Value at the start of the warmup, as a fraction of the value at its end. Range: [0, 1].
            Default: 0.0.
        warmup_shape: Shape of the warmup. ``exponential`` needs a warmup_start_factor above 0. Range: ``linear``,
            ``cosine``, ``exponential``. Default: ``linear``.
        end_fraction: Fraction of the run at which the curve ends. After that, the value stays the same. Range: (0, 1].
            Default: 1.0. In steps: ``end_steps``.

    Raises:
        ScheduleConfigError: A key is unknown, or a value has the wrong type or is out of range.

    Example:
        >>> schedule = BaseLRSchedule.create({"type": "linear", "initial_value": 0.001})
        >>> schedule(0.5)
        0.0005
    """

    __slots__ = ("__dict__", "__weakref__", "_direct", "_peak", "_schedules", "_span", "_stop", "_timed", "_trusted")

    type: ClassVar[str] = "constant"
    is_built_in: ClassVar[bool] = True
    trusted: ClassVar[bool] = True
    """Whether the formula always gives finite values that are not negative, so that calls do not check them."""
    __array_ufunc__ = None  # so that numpy does not multiply each number of an array by a schedule

    if TYPE_CHECKING:
        # Type checkers make the constructor from the fields; at run time, it accepts the keys in steps as well.
        cfg: InitVar[Config] = positional(default=None, kw_only=False)

    initial_value: Value = 0.001
    warmup_fraction: Annotated[PartialFraction, QUIET] = 0.0
    warmup_start_factor: Annotated[Fraction, QUIET] = 0.0
    warmup_shape: Annotated[Literal["linear", "cosine", "exponential"], QUIET] = "linear"
    end_fraction: Annotated[PositiveFraction, QUIET] = 1.0

    # With these flags, `__call__` skips what a schedule does not need: 273 ns with them, 319 ns without.
    _direct: ClassVar[bool]
    _schedules: ClassVar[tuple[BaseLRSchedule, ...]]

    def _construct(self, cfg: Config, keywords: dict[str, Any]) -> None:
        self._set_fields(read(cfg, type(self), keywords=keywords)[1])

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = vars(cls)
        if "func" in own and "_curve" not in own:
            cls._curve = pointwise(own["func"])
        cls.is_built_in = cls.__module__.startswith("lr_schedule.")
        cls.trusted = own.get("trusted", cls.is_built_in)
        cls.__call__ = with_code_of_its_own(cls.__call__)  # type: ignore[method-assign]
        if declares_fields(own) and hasattr(cls.__init__, "__signature__"):  # an `__init__` of the user has none
            setattr(cls, "__init__", constructor_of(cls, cls._construct))  # noqa: B010  # or pyright sees an __init__
        if "type" in own:
            register(cls)

    @classmethod
    def create(cls, cfg: Config, total_steps: float | None = None) -> BaseLRSchedule:
        """Turn a config into a schedule.

        Use it wherever your program accepts a learning rate: it accepts every form of a config.

        Args:
            cfg: A number (a constant schedule), a mapping with a ``type`` (the default is ``constant``), a string as in
                the RL Zoo (``"lin_3e-4"``, ``"cosine_3e-4"``), a list of phases, a function of progress_remaining, or a
                schedule, which is returned unchanged.
            total_steps: Length of the run in steps, for the keys that end in ``_steps``. Must be above 0. You can omit
                it if the config has no such keys.

        Returns:
            A frozen schedule of the class registered under ``type``.

        Raises:
            ScheduleConfigError: The config is wrong. The message names the key and the reason.

        Example:
            >>> BaseLRSchedule.create({"type": "linear", "warmup_steps": 50}, total_steps=1000)
            LinearLRSchedule(initial_value=0.001, final_value=0.0, warmup_fraction=0.05)
        """
        if isinstance(cfg, BaseLRSchedule):
            return cfg
        if callable(cfg) and not isinstance(cfg, (type, Mapping)):
            return FunctionLRSchedule({"function": require_of_progress(cfg)})
        try:
            named, fields = read(cfg, cls, total_steps)
            schedule = cast("BaseLRSchedule", object.__new__(named))
            schedule._set_fields(fields)
        except RecursionError:
            raise ScheduleConfigError.at((), "...", "nested too deeply, or contains itself") from None
        return schedule

    @classmethod
    def complete(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Return the given fields and the fields that follow from them; a type can override this method."""
        return given

    @classmethod
    def steps_of_parts(cls, given: Mapping[str, Any], total_steps: float) -> float:
        """Return the number of steps of a schedule within this one: by default, those between warmup and early end.

        `given` has the fields as written. They are not validated yet, so a wrong one may raise TypeError here.
        """
        start, end = (to_number(given.get(key, getattr(cls, key))) for key in ("warmup_fraction", "end_fraction"))
        return total_steps * (end - start)

    def check(self) -> None:
        """Raise ScheduleConfigError if fields do not fit together; a type with more conditions extends this method."""
        for name in fractions_of(type(self)):  # vars(self) would cost every later call CPython's fast attribute path
            require_room_for_a_step(name, getattr(self, name))
        if self.end_fraction - self.warmup_fraction < TICK:
            message = f"must be below end_fraction, which is {self.end_fraction}, by 1e-12 or more"
            raise ScheduleConfigError.at("warmup_fraction", self.warmup_fraction, message)
        if self.warmup_shape == "exponential" and self.warmup_start_factor == 0.0:
            message = "must be above 0 for an exponential warmup, because no ratio leads from 0"
            raise ScheduleConfigError.at("warmup_start_factor", self.warmup_start_factor, message)

    def prepare(self) -> None:
        """Compute once what the formula needs besides the fields, and set it in slots. By default, do nothing."""

    def _set_fields(self, fields: Mapping[str, Any]) -> None:
        schedules: list[BaseLRSchedule] = []
        put = object.__setattr__
        for name, value in fields.items():
            put(self, name, value if type(value) is float else as_kept(value, schedules))
        put(self, "_schedules", tuple(schedules))
        put(self, "_trusted", self.trusted and (not schedules or all(part._trusted for part in schedules)))
        self._set_time()
        put(self, "_direct", self._trusted and not self._timed)
        try:  # not a context manager, which costs every creation as much as a check does
            self.check()
            self.prepare()
        except ValueError as error:
            refuse_plain_error(error, fields)
            raise
        self._set_peak()

    @property
    def schedules(self) -> tuple[BaseLRSchedule, ...]:
        """The parts of this schedule, in order; empty if it has none."""
        return self._schedules

    def func(self, progress_remaining: Any, xp: Any = floats) -> Any:
        """Return the value of the curve, without warmup and early end, by the formula of the type.

        Override it in your own type, and call the schedule itself to get a value: `__call__` adds the warmup and the
        early end.

        Args:
            progress_remaining: 1.0 at the start of the curve, 0.0 at its end; a float, or an array of `xp`.
            xp: The array API namespace of `progress_remaining` and of the returned value.
        """
        return self.initial_value if xp is floats else xp.full_like(progress_remaining, self.initial_value)

    _curve = func  # the formula, for arrays too, to which warmup and early end are added

    @overload
    def __call__(self, progress_remaining: Number) -> float: ...
    @overload
    def __call__(self, progress_remaining: Array) -> Array: ...
    def __call__(self, progress_remaining: Any) -> Any:
        """Return the value at `progress_remaining`, which is clamped to [0, 1].

        Args:
            progress_remaining: 1.0 at the start of training, 0.0 at its end. Any real number, or an array of floats of
                any shape: numpy (also masked), dense torch, or jax, also in ``jax.jit`` and ``torch.compile``.

        Returns:
            A plain float for a number. For an array, an array of the same library, dtype, shape and device.

        Raises:
            ValueError: The progress is NaN. In a traced function, where values are not known yet, NaN counts as 0.
            TypeError: The progress is neither a number nor an array of floats.
        """
        if type(progress_remaining) is float and 0.0 <= progress_remaining <= 1.0:
            if self._direct:
                return self.func(progress_remaining)
            if self._timed and self._trusted:
                return self._in_time(progress_remaining)
            return self._evaluate(progress_remaining)
        if is_array(progress_remaining):
            from lr_schedule.numeric import arrays

            return arrays.evaluate(self._evaluate, progress_remaining)
        return self._evaluate(to_progress(progress_remaining))

    def __mul__(self, factor: Any) -> BaseLRSchedule:
        if is_array(factor):
            raise TypeError(NO_ARRAY_AS_FACTOR)
        try:
            parts = [factor if isinstance(factor, BaseLRSchedule) else to_number(factor), self]
        except TypeError:
            return NotImplemented
        return BaseLRSchedule.create({"type": "product", "parts": parts})

    __rmul__ = __mul__

    def describe(self) -> str:
        """Return the type and its fields on one short line, for a legend."""
        fields = self.written_fields()
        return text.describe(fields) if isinstance(fields, dict) else repr(fields)

    def plot(self, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw the curve on matplotlib axes (None: new ones) and return them; see `lr_schedule.plot`."""
        return axes.draw([self], ax, **options)

    def _repr_html_(self) -> str:
        return svg.picture(self.describe(), self.sample(121))

    def __repr__(self) -> str:
        written = super().__repr__()
        return written.replace("Base", "Constant", 1) if type(self) is BaseLRSchedule else written

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle a built-in type by its name, so its module may move; a user's type is pickled by its class."""
        return (unpickle if self.is_built_in else type(self)), (self.written_fields(),)


def unpickle(fields: Any) -> BaseLRSchedule:
    """Make the schedule from the fields in a pickle; every saved model names this function by this path."""
    # Not `create` itself: cloudpickle writes a class method as bytecode, which only one version of Python reads.
    return BaseLRSchedule.create(fields)


ConstantLRSchedule = BaseLRSchedule
"""Another name for `BaseLRSchedule`, the constant schedule."""

BaseLRSchedule.__init__ = constructor_of(BaseLRSchedule, BaseLRSchedule._construct)  # type: ignore[method-assign]
register(BaseLRSchedule)


class FunctionLRSchedule(BaseLRSchedule):
    """A Python function of progress_remaining as a schedule; `create` makes it, and it has no config."""

    omitted_fields = ("initial_value", "warmup_fraction", "warmup_start_factor", "warmup_shape", "end_fraction")
    trusted = False

    function: Callable[[float], float] = required()

    def func(self, progress_remaining: Any) -> Any:  # type: ignore[override]
        return self.function(progress_remaining)

    def written_fields(self) -> Any:
        """Return the function itself, because the schedule has nothing else."""
        return self.function

    def __repr__(self) -> str:
        return f"BaseLRSchedule.create({self.function!r})"

    def _what_is_compared(self) -> Hashable:
        return self.function
