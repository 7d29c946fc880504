"""Schedulers that reach another one by a closure, a global or a class, each in a way of its own."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from tests.bridge import sources

PARTS: list[Any] = []


def step_all() -> None:
    for part in PARTS:
        part.step()


class Stepper:
    """The attributes of a stepper; what its step does is given from outside."""

    def __init__(self, optimizer: Any, **others: Any) -> None:
        self.optimizer = optimizer
        vars(self).update(others)


def closure(optimizer: Any, inner: Any) -> Any:
    class Both(Stepper):
        def step(self) -> None:
            inner.step()

    return Both(optimizer)


def bound_method(optimizer: Any, inner: Any) -> Any:
    advance = inner.step

    class Both(Stepper):
        def step(self) -> None:
            advance()

    return Both(optimizer)


def list_in_a_closure(optimizer: Any, inner: Any) -> Any:
    parts = {"all": [inner]}

    class Both(Stepper):
        def step(self) -> None:
            [part.step() for part in parts["all"]]

    return Both(optimizer)


def global_function(optimizer: Any, inner: Any) -> Any:
    PARTS[:] = [inner]

    class Both(Stepper):
        def step(self) -> None:
            step_all()

    return Both(optimizer)


def class_attribute(optimizer: Any, inner: Any) -> Any:
    class Both(Stepper):
        part = inner

        def step(self) -> None:
            self.part.step()

    return Both(optimizer)


def default(optimizer: Any, inner: Any) -> Any:
    class Both(Stepper):
        def step(self, part: Any = inner) -> None:
            part.step()

    return Both(optimizer)


def through_a_property(optimizer: Any, inner: Any) -> Any:
    class Both(Stepper):
        part = property(lambda self: inner)

        def step(self) -> None:
            self.part.step()

    return Both(optimizer)


class Running(Stepper):
    def step(self) -> None:
        self.hooks["step"][0]()  # type: ignore[attr-defined]


def lambda_in_a_nested_attribute(optimizer: Any, inner: Any) -> Any:
    return Running(optimizer, hooks={"step": [lambda: (inner.step(), None)[1]]})


def partial_of_a_lambda(optimizer: Any, inner: Any) -> Any:
    return Running(optimizer, hooks={"step": [partial(lambda: (inner.step(), None)[1])]})


def weak_reference(optimizer: Any, inner: Any) -> Any:
    class Both(Stepper):
        def step(self) -> None:
            self.part().step()  # type: ignore[attr-defined]

    return Both(optimizer, part=weakref.ref(inner))


def optimizer_in_a_closure(optimizer: Any, inner: Any) -> Any:
    class Both(Stepper):
        def step(self) -> None:
            optimizer.param_groups[0]["lr"] *= 0.9

    return Both(optimizer)


def getter(optimizer: Any, inner: Any) -> Any:
    def current() -> Any:
        return inner

    class Both(Stepper):
        def step(self) -> None:
            current().step()

    return Both(optimizer)


class Registry:
    __slots__ = ("own",)
    own: Any
    current: Any = None

    @property
    def newest(self) -> Any:
        return self.own

    def advance(self) -> None:
        self.newest.step()


def slot_behind_a_property(optimizer: Any, inner: Any) -> Any:
    registry = Registry()
    registry.own = inner

    class Both(Stepper):
        def step(self) -> None:
            registry.advance()

    return Both(optimizer)


def attribute_of_a_global_class(optimizer: Any, inner: Any) -> Any:
    Registry.current = inner

    class Both(Stepper):
        def step(self) -> None:
            Registry.current.step()

    return Both(optimizer)


def attribute_of_a_module(optimizer: Any, inner: Any) -> Any:
    sources.inner = inner  # type: ignore[attr-defined]

    class Both(Stepper):
        def step(self) -> None:
            sources.inner.step()  # type: ignore[attr-defined]

    return Both(optimizer)


def context(optimizer: Any, inner: Any) -> Any:
    @contextmanager
    def stepping() -> Iterator[None]:
        yield
        inner.step()

    class Both(Stepper):
        def step(self) -> None:
            with stepping():
                pass

    return Both(optimizer)


def comprehension(optimizer: Any, inner: Any) -> Any:
    class Both(Stepper):
        def step(self) -> None:
            [part.step() for part in [inner]]

    return Both(optimizer)


def helper_object(optimizer: Any, inner: Any) -> Any:
    class Helper:
        def advance(self) -> None:
            self.inner.step()  # type: ignore[attr-defined]

    helper = Helper()
    helper.inner = inner  # type: ignore[attr-defined]

    class Both(Stepper):
        def step(self) -> None:
            helper.advance()

    return Both(optimizer)


def weak_reference_in_a_closure(optimizer: Any, inner: Any) -> Any:
    reference = weakref.ref(inner)

    class Both(Stepper):
        def step(self) -> None:
            reference().step()  # type: ignore[union-attr]

    return Both(optimizer)


SHAPES = [
    closure, bound_method, list_in_a_closure, global_function, class_attribute, default, through_a_property,
    lambda_in_a_nested_attribute, partial_of_a_lambda, weak_reference, optimizer_in_a_closure, helper_object, getter,
    slot_behind_a_property, attribute_of_a_global_class, attribute_of_a_module, context, comprehension,
    weak_reference_in_a_closure,
]  # fmt: skip
