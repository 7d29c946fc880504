"""What makes sure that a model is as before when training ends in an exception.

SB3 tells its callbacks nothing of an exception. So while callbacks are attached, the model's class is a subclass that
detaches them when one passes. The model's attributes, which are what a save writes, hold no trace of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from lr_schedule.sb3.session import Attached, session_of

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

GUARDED = ("collect_rollouts", "train", "dump_logs", "_do_one_update")
"""The methods in which `learn` spends its time, under the names of all algorithms."""


def attach(model: BaseAlgorithm, callback: Attached) -> None:
    """Have `callback` detached when an exception leaves the training of `model`."""
    session = session_of(model)
    if session.own_class is None:
        session.own_class = type(model)
        model.__class__ = guarded(type(model))
    session.callbacks.append(callback)


def release(model: BaseAlgorithm, *callbacks: Attached) -> None:
    """Detach the `callbacks`, or all that are attached to `model`; harmless where there are none."""
    session = session_of(model)
    for callback in callbacks or tuple(session.callbacks):
        # Off the list first: a callback that fails to put a value back must not be asked again and again.
        if callback in session.callbacks:
            session.callbacks.remove(callback)
            callback.detach()
    if session.own_class is not None and not session.callbacks:
        model.__class__, session.own_class = session.own_class, None


@cache
def guarded(cls: type[Any]) -> type[Any]:
    """Return a subclass that passes for `cls`, and releases its model when an exception leaves the training."""
    methods = {name: _guard(getattr(cls, name)) for name in GUARDED if hasattr(cls, name)}
    # Under the names of `cls`, as messages, logs and run folders are named by the class of the model.
    about = {name: getattr(cls, name) for name in ("__module__", "__qualname__", "__doc__")}
    # SB3's algorithms are abstract base classes: a class below them is made by their metaclass.
    metaclass: Any = type(cls)
    made: type[Any] = metaclass(cls.__name__, (cls,), {**about, **methods})
    return made


def _guard(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def guarded_method(self: BaseAlgorithm, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except BaseException:  # Ctrl-C too: the Zoo saves the model after it
            release(self)
            raise

    return guarded_method
