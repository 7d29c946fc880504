"""A class of its own for one object: seen on that object alone, and gone when nothing of it is left."""

from __future__ import annotations

import abc
import pickle
from copy import copy, deepcopy
from typing import Any

import cloudpickle
import pytest

from lr_schedule.sb3.own_class import Shown, as_made, change, change_back, class_of


class Plain:
    """Keeps a size."""

    def __init__(self, size: Any) -> None:
        self.size = size

    def twice(self) -> Any:
        return self.size * 2


class Abstract(Plain, abc.ABC):
    """Has a metaclass."""


class Slotted:
    """Has no dictionary."""

    __slots__ = ("size",)

    def __init__(self, size: Any) -> None:
        self.size = size


class Copying(Plain):
    """Copies itself in its own way, and is made anew with arguments."""

    def __new__(cls, size: Any) -> Any:
        return super().__new__(cls)

    def __getnewargs__(self) -> Any:
        return (self.size,)

    def __copy__(self) -> Any:
        made = type(self).__new__(type(self), 0)
        made.size = [self.size]
        return made

    def __deepcopy__(self, memo: Any) -> Any:
        return self.__copy__()


class Stateful(Plain):
    """Says itself what is pickled."""

    def __getstate__(self) -> Any:
        return {"size": self.size + 1}


KINDS = [Plain, Abstract, Slotted, Copying, Stateful]


def shown(kind: Any, size: Any = 3) -> Any:
    """Return an object that keeps `size` and shows 7."""
    owner = kind(size)
    change(owner, size=Shown(7))
    return owner


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_shown_hides_what_the_object_keeps_until_it_is_taken_away(kind: Any) -> None:
    owner, other = shown(kind), kind(3)
    assert (owner.size, other.size) == (7, 3)
    owner.size = 8
    assert owner.size == 8
    assert class_of(owner) is class_of(other) is kind
    assert isinstance(owner, kind)
    assert type(owner) is not kind
    change_back(owner, "size")
    assert (owner.size, type(owner)) == (3, kind)
    change_back(owner, "size")
    assert (owner.size, type(owner)) == (3, kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_pickle_is_of_what_the_object_keeps_and_of_its_class(kind: Any, protocol: int) -> None:
    owner = shown(kind)
    for dump in (pickle.dumps, cloudpickle.dumps):
        loaded: Any = pickle.loads(dump(owner, protocol))
        assert type(loaded) is kind
        assert loaded.size == (4 if kind is Stateful else 3)
        assert owner.size == 7


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("duplicate", [copy, deepcopy])
def test_a_copy_is_of_what_the_object_keeps_and_of_its_class(kind: Any, duplicate: Any) -> None:
    owner = shown(kind)
    made = duplicate(owner)
    assert type(made) is kind
    assert made.size == {Stateful: 4, Copying: [3]}.get(kind, 3)
    assert owner.size == 7


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not Slotted])
def test_the_class_makes_objects_of_the_class_that_it_derives_from_and_pickles_as_that(kind: Any) -> None:
    owner = shown(kind)
    made = type(owner)(5)
    assert (type(made), made.size) == (kind, 5)
    assert pickle.loads(pickle.dumps(type(owner))) is kind
    assert repr(type(owner)) == repr(kind)
    assert type(owner).__doc__ == kind.__doc__


def test_methods_see_what_is_shown_unless_they_are_to_see_the_object_as_it_was_made() -> None:
    owner = shown(Plain)
    assert owner.twice() == 14
    assert as_made(Plain.twice)(owner) == 6
    change(owner, twice=as_made(Plain.twice))
    assert (owner.twice(), owner.size) == (6, 7)
    with pytest.raises(ZeroDivisionError):
        as_made(lambda self: 1 / 0)(owner)
    assert owner.size == 7
    change_back(owner, "size")
    assert (owner.size, owner.twice(), type(owner) is Plain) == (3, 6, False)
    change_back(owner, "size", "twice", "nothing")
    assert type(owner) is Plain


def test_the_classes_of_two_objects_know_nothing_of_each_other() -> None:
    first, second = shown(Plain), shown(Plain)
    second.size = 9
    assert (first.size, second.size) == (7, 9)
    change_back(first, "size")
    assert (first.size, second.size) == (3, 9)
