"""What makes sure that a model is as before when training ends in an exception.

SB3 tells its callbacks nothing of an exception. So while callbacks are attached, the model's class is a subclass of its
own that lets them go when one passes. The model's attributes, which is what a save writes, hold no trace of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

GUARDED = ("collect_rollouts", "train", "dump_logs", "_do_one_update")
"""The methods in which `learn` spends its time, under the names of all algorithms."""


class Attached(Protocol):
    """A callback that has changed a model."""

    def detach(self) -> None:
        """Change it back."""


_attached: WeakKeyDictionary[BaseAlgorithm, list[Attached]] = WeakKeyDictionary()


def attach(model: BaseAlgorithm, callback: Attached) -> None:
    """Have `callback` detached when an exception leaves the training of `model`."""
    if model not in _attached:
        _attached[model] = []
        model.__class__ = guarded(type(model))
    _attached[model].append(callback)


def release(model: BaseAlgorithm, *callbacks: Attached) -> None:
    """Detach the `callbacks`, or all that are attached to `model`; harmless where there are none."""
    for callback in callbacks or tuple(_attached.get(model, ())):
        if callback in _attached.get(model, ()):
            _attached[model].remove(callback)
            callback.detach()
    if model in _attached and not _attached[model]:
        del _attached[model]
        model.__class__ = type(model).__bases__[0]


@cache
def guarded(cls: type[Any]) -> type[Any]:
    """Return a subclass that passes for `cls`, and releases its model when an exception leaves the training."""
    methods = {name: _guard(getattr(cls, name)) for name in GUARDED if hasattr(cls, name)}
    about = {name: getattr(cls, name) for name in ("__module__", "__qualname__", "__doc__")}
    metaclass: Any = type(cls)
    made: type[Any] = metaclass(cls.__name__, (cls,), {**about, **methods})
    return made


def _guard(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def guarded_method(self: BaseAlgorithm, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except BaseException:
            release(self)
            raise

    return guarded_method
