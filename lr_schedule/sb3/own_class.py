"""A temporary class for one object, whose members are seen instead of the attributes of the object.

The object keeps its own attributes and its original class, and its pickles and copies contain only these.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from functools import cache, wraps
from typing import Any

MADE_FOR_ONE = "_lr_schedule_made_for_one"
"""Attribute of such a class: the original class of the object, and the names of the members."""


class Shown:
    """A value that is seen as an attribute of an object, instead of the one that the object keeps."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __get__(self, owner: Any, cls: Any = None) -> Any:
        return self if owner is None else self.value

    def __set__(self, owner: Any, value: Any) -> None:
        self.value = value


def class_of(owner: Any) -> type[Any]:
    """Return the original class of an object."""
    made_with: type[Any]
    made_with, _ = vars(type(owner)).get(MADE_FOR_ONE, (type(owner), None))
    return made_with


def change(owner: Any, **members: Any) -> None:
    """Make `members` visible on `owner`, which gets a temporary class if it has none yet."""
    if MADE_FOR_ONE not in vars(type(owner)):
        owner.__class__ = _made_for_one(type(owner))
    for name, member in members.items():
        setattr(type(owner), name, member)
        vars(type(owner))[MADE_FOR_ONE][1].add(name)


def change_back(owner: Any, *names: str) -> None:
    """Remove members, and the temporary class with the last of them; do nothing if there are none."""
    made_with, members = vars(type(owner)).get(MADE_FOR_ONE, (type(owner), set()))
    for name in members.intersection(names):
        delattr(type(owner), name)
        members.remove(name)
    if not members:
        owner.__class__ = made_with


def as_made(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that sees the original attributes and the original class of the object."""

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
    # With the names of `cls`, because messages, logs and run folders contain the name of a model's class.
    body = {name: getattr(cls, name) for name in ("__module__", "__qualname__", "__doc__")}
    # Saves, pickles, copies and other objects that are made with type(owner) must not contain this class.
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
            # Pickle would compare that class with the class of the object. This call makes an instance too.
            reduced = (type(self).__new__, *reduced[1:])
        return reduced


@cache
def _metaclass(metaclass: Any) -> Any:
    """Return a metaclass whose classes pickle as the class that they derive from."""
    made = type(metaclass.__name__, (metaclass,), {})
    copyreg.pickle(made, lambda cls: (copy, (vars(cls)[MADE_FOR_ONE][0],)))  # copy() of a class is that class
    return made
