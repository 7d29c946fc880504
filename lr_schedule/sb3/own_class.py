"""A class of its own for one object, for a while: what it has is seen instead of what the object has.

The object keeps what it was made with, and that is what its pickles and copies hold: its attributes, and its class.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from functools import cache, wraps
from typing import Any

MADE_FOR_ONE = "_lr_schedule_made_for_one"
"""Attribute of such a class: the class that the object was made with, and the names of what is seen instead."""


class Shown:
    """A value that is seen as an attribute of an object, in place of the one that the object keeps."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __get__(self, owner: Any, cls: Any = None) -> Any:
        return self if owner is None else self.value

    def __set__(self, owner: Any, value: Any) -> None:
        self.value = value


def class_of(owner: Any) -> type[Any]:
    """Return the class that an object was made with."""
    made_with: type[Any]
    made_with, _ = vars(type(owner)).get(MADE_FOR_ONE, (type(owner), None))
    return made_with


def change(owner: Any, **members: Any) -> None:
    """Have `members` seen on `owner`, which gets a class of its own where it has none yet."""
    if MADE_FOR_ONE not in vars(type(owner)):
        owner.__class__ = _made_for_one(type(owner))
    for name, member in members.items():
        setattr(type(owner), name, member)
        vars(type(owner))[MADE_FOR_ONE][1].add(name)


def change_back(owner: Any, *names: str) -> None:
    """Take members away again, and with the last of them the class; harmless where there are none."""
    made_with, members = vars(type(owner)).get(MADE_FOR_ONE, (type(owner), set()))
    for name in members.intersection(names):
        delattr(type(owner), name)
        members.remove(name)
    if not members:
        owner.__class__ = made_with


def as_made(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that sees the object as it was made."""

    @wraps(method)
    def method_as_made(self: Any, *args: Any, **kwargs: Any) -> Any:
        with _as_made(self):
            return method(self, *args, **kwargs)

    return method_as_made


@contextmanager
def _as_made(owner: Any) -> Iterator[None]:
    cls = type(owner)
    owner.__class__ = class_of(owner)
    try:
        yield
    finally:
        owner.__class__ = cls


def _made_for_one(cls: type[Any]) -> type[Any]:
    # Under the names of `cls`, as messages, logs and run folders are named by the class of a model.
    body = {name: getattr(cls, name) for name in ("__module__", "__qualname__", "__doc__")}
    # Saves, pickles and copies, and other objects made by way of type(owner), are to know nothing of this class.
    body |= {name: as_made(getattr(cls, name)) for name in ("__copy__", "__deepcopy__") if hasattr(cls, name)}
    body |= {"__reduce_ex__": _reduce, "__new__": lambda _, *args, **kwargs: cls(*args, **kwargs)}
    body |= {MADE_FOR_ONE: (cls, set()), "__slots__": ()}
    metaclass: Any = type(cls)  # SB3's algorithms are abstract base classes, whose metaclass is not type
    made: type[Any] = _metaclass(metaclass)(cls.__name__, (cls,), body)
    return made


def _reduce(self: Any, protocol: int) -> Any:
    with _as_made(self):
        reduced = self.__reduce_ex__(protocol)
        if reduced[0] is copyreg.__newobj__:  # type: ignore[attr-defined]
            # Pickle would compare the class in there with that of the object. This makes an instance too.
            reduced = (type(self).__new__, *reduced[1:])
        return reduced


@cache
def _metaclass(metaclass: Any) -> Any:
    """Return a metaclass whose classes pickle as the class that they derive from."""
    made = type(metaclass.__name__, (metaclass,), {})
    copyreg.pickle(made, lambda cls: (copy, (vars(cls)[MADE_FOR_ONE][0],)))  # copy() of a class is that class
    return made
