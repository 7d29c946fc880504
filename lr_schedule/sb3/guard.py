"""What makes sure that a model is as before when training ends in an exception.

SB3 tells its callbacks nothing of an exception. So while callbacks are attached, the model has a class of its own that
detaches them when one passes, and so does the callback that `learn` itself calls. A save sees the model as it was made.
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
"""The methods in which `learn` spends its time, under the names of all algorithms."""


def attach(model: BaseAlgorithm, callback: Attached) -> None:
    """Have `callback` detached when an exception leaves the training of `model`."""
    session = session_of(model)
    if not session.callbacks:
        own_class.change(model, **_guards(type(model)))
    if callback in session.callbacks:  # it stands twice in a list: what it has set is put back before it starts anew
        callback.detach()
    else:
        session.callbacks.append(callback)


def release(model: BaseAlgorithm, *callbacks: Attached) -> None:
    """Detach the `callbacks`, or all that are attached to `model`; harmless where there are none."""
    session = session_of(model)
    for callback in callbacks or tuple(session.callbacks):
        # Off the list first: a callback that fails to put a value back must not be asked again and again.
        if callback in session.callbacks:
            session.callbacks.remove(callback)
            callback.detach()
    if session.callbacks:
        return
    own_class.change_back(model, *GUARDED, "learn", "save")
    while session.watched:
        _unwatch(model, session.watched.pop()())


def _guards(cls: type[Any]) -> dict[str, Any]:
    """Return methods that release the model where those of its class fail, and that save the model as it was made."""

    def learn(self: Any, *args: Any, **kwargs: Any) -> Any:
        # Training that ended where nothing watches, as by Ctrl-C between two calls, has left values: not for this run.
        release(self)
        return cls.learn(self, *args, **kwargs)

    save_as_made = own_class.as_made(cls.save)

    def save(self: Any, *args: Any, **kwargs: Any) -> None:
        # A callback that saves may stand before the one whose turn it is to note this step.
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
        except BaseException:  # Ctrl-C too: the Zoo saves the model after it
            release(self)
            raise

    return guarded_method


def watch_callbacks(model: BaseAlgorithm, callback: BaseCallback) -> None:
    """Release `model` when a callback fails as training starts or ends, and when all callbacks have ended it.

    Args:
        model: A model whose `learn` is initialising its callbacks.
        callback: The one of them that asks for it.
    """
    # All callbacks start and end within two calls of the outermost one, and `learn` has made neither of them yet.
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
    finally:  # also for a callback that has not been told, because the one that holds it does not pass it on
        release(model)


def _unwatch(model: BaseAlgorithm, callback: BaseCallback | None) -> None:
    if callback is None:  # nobody uses it any more
        return
    for name in ("on_training_start", "on_training_end"):
        found = vars(callback).get(name)
        if isinstance(found, partial) and found.func in (_watched_start, _watched_end) and found.args[0] is model:
            del vars(callback)[name]
            if getattr(callback, name) != found.args[1]:  # the user has put an attribute in the place of the method
                vars(callback)[name] = found.args[1]


def callbacks_of(callback: BaseCallback) -> list[BaseCallback]:
    """Return all callbacks of the `learn` in which `callback` is called just now."""
    found, waiting = [], [_outermost(callback)]
    while waiting:
        found.append(waiting.pop())
        inner = [*getattr(found[-1], "callbacks", ()), getattr(found[-1], "callback", None)]
        waiting += [one for one in inner if isinstance(one, BaseCallback) and one not in found]
    return found


def _outermost(callback: BaseCallback) -> BaseCallback:
    """Return the callback that `learn` hands to all others, `callback` itself where it stands alone."""
    # From the calls that are under way, as no callback knows the list that it stands in: BaseCallback.parent is None.
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, BaseAlgorithm):
            break
        if isinstance(owner, BaseCallback):
            callback = owner
        frame = frame.f_back
    return callback
