"""The schedulers of ``torch.optim.lr_scheduler`` as schedules of progress, with exactly the values of torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from lr_schedule.base import BaseLRSchedule
from lr_schedule.bridge.record import Record
from lr_schedule.bridge.stepper import is_stepper, record_steps, why_not_counted
from lr_schedule.bridge.stepwise import SourceLRSchedule, StepwiseLRSchedule
from lr_schedule.config.arguments import check_arguments, is_data, name_of, numerals_to_numbers, parameters_of
from lr_schedule.errors import Problem, ScheduleConfigError, did_you_mean, needs_extra
from lr_schedule.fields import NumberRule, Reads, Value, read_number, required
from lr_schedule.steps import nearest_step, read_total_steps

MADE_OF_SCHEDULERS = (
    "is made of other schedulers, which need an optimizer; in Python, pass from_torch a function optimizer -> "
    "scheduler; in a config, use a list of phases or a product"
)

NOT_DATA = "must be plain data in a config; use from_torch, which accepts functions and objects too"


def from_torch(
    scheduler: Any,
    total_steps: float,
    initial_value: float | Sequence[float] | None = None,
    group: int = 0,
    key: str = "lr",
    **kwargs: Any,
) -> BaseLRSchedule:
    """Turn a scheduler of torch into a schedule of progress.

    Use it for a torch scheduler in libraries that use progress, such as Stable-Baselines3.

    Formula:
        The learning rate after ``floor((1 - p) * total_steps + 1/2)`` calls of the scheduler's ``step()``, bit for bit.
        A OneCycleLR keeps its last value at the end of the run. In torch, its value rises again, and the next step
        raises an error.

    Args:
        scheduler: A class of ``torch.optim.lr_scheduler`` or its name, a function or your own class that makes a
            scheduler from an optimizer, or a scheduler of your optimizer. A copy of the latter is stepped from its
            current state; neither the scheduler nor your optimizer changes.
        total_steps: Length of the run in steps of the scheduler. Must be above 0, and may be fractional. A class with
            the argument ``total_steps`` gets it, rounded to a whole number.
        initial_value: Learning rate at which the scheduler starts, or a list with one for each param group. Must be 0
            or above. The default is 0.001. A scheduler of your optimizer already has one.
        group: Index of the param group whose value is used.
        key: Number of the param group that is used; a OneCycleLR also changes ``momentum`` or ``betas[0]``.
        kwargs: Arguments of the class or function.

    Returns:
        A schedule. For a class of torch with arguments that are plain data, it is a `TorchLRSchedule`, which is saved
        as the name of the class and its arguments. Other schedules are saved as type ``table``, with all their values.

    Raises:
        ScheduleConfigError: The scheduler follows a metric (ReduceLROnPlateau), or an argument is unknown or wrong.
        ValueError: In a call, if the scheduler fails or gives NaN, infinity or a negative value; the message names the
            step.

    Example:
        >>> schedule = from_torch("StepLR", total_steps=100, initial_value=0.5, step_size=50, gamma=0.5)
        >>> schedule(1.0), schedule(0.5), schedule(0.0)
        (0.5, 0.25, 0.125)
    """
    total = read_total_steps(total_steps)
    if is_stepper(scheduler):
        return SourceLRSchedule(
            _record_attached(scheduler, total, initial_value, group, key, kwargs), total, "from_torch"
        )
    make = find_scheduler(scheduler) if isinstance(scheduler, (str, type)) else scheduler
    start = TorchLRSchedule.initial_value if initial_value is None else initial_value
    starts = _read_starts(start, 0 if is_of_torch(make) else group)
    arguments = numerals_to_numbers(kwargs) if is_of_torch(make) else kwargs
    is_plain = is_of_torch(make) and len(starts) == 1 and group == 0 and key == "lr"
    if is_plain and all(is_data(value) for value in arguments.values()):
        name = make.__name__
        return TorchLRSchedule({**arguments, "scheduler": name, "total_steps": total, "initial_value": starts[0]})
    if not callable(make):
        message = (
            "must be a scheduler class of torch.optim.lr_scheduler or its name, a function that makes a scheduler "
        )
        raise ScheduleConfigError.at("scheduler", scheduler, message + "from an optimizer, or a scheduler")
    return SourceLRSchedule(record_made(make, arguments, total, starts, group, key), total, "from_torch")


def _read_starts(initial_value: Any, last: Any) -> list[float]:
    """Return the initial learning rate of each param group up to the last, or those of a list."""
    if not isinstance(initial_value, (list, tuple)) or len(initial_value) < 2:
        count = last + 1 if isinstance(last, int) and last > 0 else 1
        return [read_number(Value, initial_value, "initial_value")] * count
    return [read_number(Value, value, f"initial_value[{n}]") for n, value in enumerate(initial_value)]


def is_of_torch(make: Any) -> bool:
    """Tell whether `make` is one of the classes of ``torch.optim.lr_scheduler``, which a config may name."""
    return isinstance(make, type) and make.__module__ == "torch.optim.lr_scheduler"


def find_scheduler(scheduler: str | type) -> type:
    """Return the class of ``torch.optim.lr_scheduler`` of that name; return any other class unchanged."""
    with needs_extra():
        from torch.optim import lr_scheduler

    base = lr_scheduler.LRScheduler
    made_of_schedulers = (lr_scheduler.SequentialLR, lr_scheduler.ChainedScheduler)
    known = {
        name: kind
        for name, kind in vars(lr_scheduler).items()
        if isinstance(kind, type) and issubclass(kind, base) and name.lstrip("_") != base.__name__
    }
    if isinstance(scheduler, type):
        if issubclass(scheduler, base) and (reason := why_not_counted(scheduler)) is not None:
            raise ScheduleConfigError.at("scheduler", scheduler.__name__, reason)
        if scheduler in made_of_schedulers:
            raise ScheduleConfigError.at("scheduler", scheduler.__name__, MADE_OF_SCHEDULERS)
        return scheduler
    if scheduler not in known:
        usable = [name for name, kind in known.items() if kind not in made_of_schedulers and not why_not_counted(kind)]
        allowed = ", ".join(sorted(usable))
        message = f"no scheduler of torch.optim.lr_scheduler{did_you_mean(scheduler, known)} Allowed: {allowed}"
        raise ScheduleConfigError.at("scheduler", scheduler, message)
    return find_scheduler(known[scheduler])


def record_made(
    make: Callable[..., Any],
    arguments: Mapping[str, Any],
    total_steps: float,
    starts: Sequence[float],
    group: int = 0,
    key: str = "lr",
) -> Record:
    """Return the record of a scheduler that `make` makes for an optimizer created here."""
    with needs_extra():
        from torch.optim import SGD

    given = {**_own_total_steps(make, total_steps), **arguments}
    check_arguments(make, given)
    groups = [{"params": [], "lr": start} for start in starts]
    optimizer = SGD(groups, lr=starts[0], momentum=0.9)  # OneCycleLR and CyclicLR require a momentum
    optimizer._opt_called = True  # type: ignore[attr-defined]  # otherwise torch warns that it was not stepped yet
    try:
        scheduler = make(optimizer, **given)
    except ScheduleConfigError:
        raise
    except Exception as error:
        message = f"cannot be made with these arguments: {type(error).__name__}: {error}"
        raise ScheduleConfigError.at("scheduler", name_of(make), message) from error
    if not is_stepper(scheduler):
        message = f"must make a scheduler, an object with step() for the optimizer, not {type(scheduler).__name__}"
        raise ScheduleConfigError.at("scheduler", make, message)
    return record_steps(scheduler, total_steps, group, key=key, own_optimizer=optimizer)


def _own_total_steps(make: Callable[..., Any], total_steps: float) -> dict[str, Any]:
    takes_it = "total_steps" in {parameter.name for parameter in parameters_of(make)}
    return {"total_steps": nearest_step(total_steps)} if takes_it else {}


def _record_attached(
    scheduler: Any, total_steps: float, initial_value: Any, group: int, key: str, kwargs: Mapping[str, Any]
) -> Record:
    surplus = {**({} if initial_value is None else {"initial_value": initial_value}), **kwargs}
    if surplus:
        message = "not allowed with a scheduler object, which already has its optimizer and arguments"
        raise ScheduleConfigError([Problem((name,), value, message) for name, value in surplus.items()])
    return record_steps(scheduler, total_steps, group, key=key)


Arguments = Annotated[dict[str, Any], Reads(lambda arguments, _: numerals_to_numbers(arguments))]


Steps = Annotated[float, NumberRule(gt=0, le=10_000_000)]


class TorchLRSchedule(StepwiseLRSchedule):
    """A scheduler of torch, given by its class name and arguments.

    Use it in a config to reproduce the values of a torch scheduler exactly, or for a scheduler that only torch has. In
    Python, use `from_torch`. If there is a built-in type with the same curve, prefer it: it does not need torch.

    Each key that is not in the list below is an argument of the class.

    Formula:
        The learning rate after ``floor((1 - p) * total_steps + 1/2)`` calls of the scheduler's ``step()``, bit for bit.

    Args:
        scheduler: Name of a class of ``torch.optim.lr_scheduler``, such as ``OneCycleLR``. Required.
        total_steps: Number of steps of the scheduler in the run. It may be fractional. A class with the argument
            ``total_steps`` gets it, rounded to a whole number. Range: (0, 10_000_000]. Required.
        initial_value: Learning rate at which the scheduler starts. Range: >= 0. Default: 0.001.

    Example:
        >>> TorchLRSchedule(scheduler="ExponentialLR", total_steps=2, initial_value=0.5, gamma=0.5).sample(3).tolist()
        [0.5, 0.25, 0.125]

    Source:
        The documentation of ``torch.optim``, "How to adjust learning rate".
    """

    type = "torch"
    omitted_fields = ("warmup_fraction", "warmup_start_factor", "warmup_shape", "end_fraction")
    free_keys = "arguments"

    scheduler: str = required()
    total_steps: Steps = required()
    initial_value: Value = 0.001
    arguments: Arguments = {}  # noqa: RUF012  # validation makes a new dict for each config

    def prepare(self) -> None:
        """Make the scheduler, which checks its name and arguments; it is stepped when a value is needed."""
        not_data = [Problem((key,), value, NOT_DATA) for key, value in self.arguments.items() if not is_data(value)]
        if not_data:
            raise ScheduleConfigError(not_data)
        kind = find_scheduler(self.scheduler)
        self._look_up_in(record_made(kind, self.arguments, self.total_steps, [self.initial_value]))

    def written_fields(self) -> Any:
        """Return the type and the fields, including the arguments of the scheduler."""
        fields = super().written_fields()
        return {**{key: value for key, value in fields.items() if key != self.free_keys}, **self.arguments}
