"""Listen to the results of a method of one object, without any trace in the object, its copies and its saves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lr_schedule.sb3 import own_class

Listener = Callable[..., None]
"""Called with the result of the method, and with its arguments."""


class Heard:
    """A method of one object that passes its results to listeners."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self.method = method
        self.listeners: list[Listener] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = self.method(*args, **kwargs)
        for listener in self.listeners:
            listener(result, *args, **kwargs)
        return result


def listen(owner: Any, name: str, listener: Listener) -> None:
    """Call `listener` after each call of the method `name` of `owner`."""
    method = getattr(owner, name)
    if not isinstance(method, Heard):
        method = Heard(method)
        # Shown, because a user may have set the method on the object itself, such as one from torch.compile.
        own_class.change(owner, **{name: own_class.Shown(method)})
    method.listeners.append(listener)


def stop_listening(owner: Any, name: str, listener: Listener) -> None:
    """Stop calling `listener`; do nothing if it is not called."""
    method = getattr(owner, name)
    if isinstance(method, Heard) and listener in method.listeners:
        method.listeners.remove(listener)
        if not method.listeners:
            own_class.change_back(owner, name)
