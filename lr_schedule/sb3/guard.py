"""Restore the values of a model if training ends with an exception.

SB3 does not notify callbacks of an exception. So while callbacks are attached, the model has a separate class that
detaches them when an exception passes. The callback that `learn` calls is wrapped for the same reason. A save sees the
original values.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any
from weakref import ref

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from lr_schedule.sb3 import own_class
from lr_schedule.sb3.session import Attached, session_of

if TYPE_CHECKING:
    from types import FrameType

GUARDED = ("collect_rollouts", "train", "dump_logs", "_do_one_update")
"""The methods that `learn` calls, with the names of all algorithms."""


def attach(model: BaseAlgorithm, callback: Attached) -> None:
    """Detach `callback` if the training of `model` ends with an exception."""
    session = session_of(model)
    if not session.callbacks:
        own_class.change(model, **_guards(type(model)))
    if callback in session.callbacks:  # it is in a list twice: restore its values before it starts again
        callback.detach()
    else:
        session.callbacks.append(callback)


def release(model: BaseAlgorithm, *callbacks: Attached) -> None:
    """Detach the `callbacks`, or all that are attached to `model`; do nothing if there are none."""
    session = session_of(model)
    for callback in callbacks or tuple(session.callbacks):
        # Removed first, so that a callback that cannot restore a value is not called again and again.
        if callback in session.callbacks:
            session.callbacks.remove(callback)
            callback.detach()
    if session.callbacks:
        return
    own_class.change_back(model, *GUARDED, "learn", "save")
    while session.watched:
        _unwatch(model, session.watched.pop()())


def _guards(cls: type[Any]) -> dict[str, Any]:
    """Return methods that release the model if those of its class fail, and that save its original values."""

    def learn(self: Any, *args: Any, **kwargs: Any) -> Any:
        # Training that ended outside of the watched methods, such as by Ctrl-C between two calls, has left its values.
        release(self)
        return cls.learn(self, *args, **kwargs)

    save_as_made = own_class.as_made(cls.save)

    def save(self: Any, *args: Any, **kwargs: Any) -> None:
        # A callback that saves may be called before the one that records this step.
        for callback in session_of(self).callbacks:
            callback.record()
        save_as_made(self, *args, **kwargs)

    methods = {name: _guard(getattr(cls, name)) for name in GUARDED if hasattr(cls, name)}
    return methods | {"learn": wraps(cls.learn)(learn), "save": wraps(cls.save)(save)}


def _guard(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def guarded_method(self: BaseAlgorithm, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except BaseException:  # also Ctrl-C, after which the Zoo saves the model
            release(self)
            raise

    return guarded_method


def watch_callbacks(model: BaseAlgorithm, callback: BaseCallback) -> None:
    """Release `model` if a callback fails at the start or end of training, and after the end of training.

    Args:
        model: A model whose `learn` is initialising its callbacks.
        callback: One of these callbacks.
    """
    # All callbacks start and end in two calls of the outermost one, and `learn` has not made either of them yet.
    top = _outermost(callback)
    for name, watched in (("on_training_start", _watched_start), ("on_training_end", _watched_end)):
        vars(top)[name] = partial(watched, model, getattr(top, name))
    session_of(model).watched.append(ref(top))


def _watched_start(model: BaseAlgorithm, method: Callable[..., None], *args: Any) -> None:
    try:
        method(*args)
    except BaseException:
        release(model)
        raise


def _watched_end(model: BaseAlgorithm, method: Callable[..., None]) -> None:
    try:
        method()
    finally:  # also for a callback that is not called, because the one that contains it does not pass the call on
        release(model)


def _unwatch(model: BaseAlgorithm, callback: BaseCallback | None) -> None:
    if callback is None:  # it is no longer in use
        return
    for name in ("on_training_start", "on_training_end"):
        found = vars(callback).get(name)
        if isinstance(found, partial) and found.func in (_watched_start, _watched_end) and found.args[0] is model:
            del vars(callback)[name]
            if getattr(callback, name) != found.args[1]:  # the user has replaced the method by an attribute
                vars(callback)[name] = found.args[1]


def callbacks_of(callback: BaseCallback) -> list[BaseCallback]:
    """Return all callbacks of the `learn` that is calling `callback` now."""
    found, waiting = [], [_outermost(callback)]
    while waiting:
        found.append(waiting.pop())
        inner = [*getattr(found[-1], "callbacks", ()), getattr(found[-1], "callback", None)]
        waiting += [one for one in inner if isinstance(one, BaseCallback) and one not in found]
    return found


def _outermost(callback: BaseCallback) -> BaseCallback:
    """Return the callback that contains all others, or `callback` itself if it is the only one."""
    # From the call stack, because a callback does not know the list that contains it: BaseCallback.parent is None.
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, BaseAlgorithm):
            break
        if isinstance(owner, BaseCallback):
            callback = owner
        frame = frame.f_back
    return callback
