"""Find what a deep copy of a scheduler still shares with the original: the objects that its functions refer to.

A deep copy has its own attributes, but functions and classes are not copied. The objects that they use through a
closure, a global, a default or a class attribute are the user's, and stepping the copy would step them. This module
looks for them *before* the copy is stepped. A comparison after the step would be too late: the changed object may be
unreachable, another thread may change the rates meanwhile, and a part may make its first step late in the run.

No code of the user runs. The module does not follow the code of a function; it follows the attributes whose names the
code mentions. So ``lambda k: 1 - k / agent.horizon`` leads to a number, although the agent has the scheduler too, and
``agent.scheduler.step()`` leads to the scheduler. If an object is missed (``getattr`` with a computed string), the
first step of the copy shows it. If one is found by mistake, the error message names an alternative.
"""

from __future__ import annotations

import dis
import gc
import inspect
import sys
import weakref
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from functools import cached_property, partial, partialmethod
from types import CodeType, FunctionType, MappingProxyType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

FOREIGN = sys.stdlib_module_names | {"builtins", "jax", "numpy", "torch"}
"""Packages whose functions get a user's scheduler only as an argument."""

TRANSPARENT = (
    list, tuple, set, frozenset, dict, OrderedDict, defaultdict, deque, MappingProxyType, property, staticmethod,
    classmethod, partial, partialmethod, cached_property,
)  # fmt: skip
"""Types whose contents are all followed, whatever their names."""

UNNAMED = frozenset({"__call__", "__enter__", "__exit__", "__getitem__", "__iter__"})
"""Methods that code calls without mentioning them."""

STEPS = frozenset({"step", "step_update"})

Known = tuple[str, Any, frozenset[str]]
"""An object that code uses: its name in messages, the object, and the names of its attributes that are followed."""


def find_shared(scheduler: Any, *, is_ours: Callable[[Any], bool]) -> str | None:
    """Return the name by which the code of a scheduler refers to a scheduler of the user, or None.

    Args:
        scheduler: The scheduler to copy, or one that was made for an optimizer created here.
        is_ours: Returns whether the param groups of an optimizer were created here, and are not the user's.
    """
    groups = scheduler.optimizer.param_groups
    originals = set() if is_ours(scheduler.optimizer) else {id(item) for item in (scheduler, groups, *groups)}
    seen: dict[tuple[int, frozenset[str]], Any] = {}  # keeps the objects alive, so that no id is reused
    waiting = list(_known_to_copy(scheduler))
    while waiting:
        path, value, names = waiting.pop()
        key = id(value), names
        if key in seen:
            continue
        seen[key] = value
        if id(value) in originals or (names & STEPS and _is_scheduler(value, is_ours)):
            return path
        waiting += _known_from(path, value, names)
    return None


def _is_scheduler(value: Any, is_ours: Callable[[Any], bool]) -> bool:
    if isinstance(value, (type, ModuleType)) or not any(hasattr(type(value), name) for name in STEPS):
        return False
    optimizer = inspect.getattr_static(value, "optimizer", None)
    return optimizer is not None and not is_ours(optimizer)


def _known_to_copy(scheduler: Any) -> Iterator[Known]:
    """Yield the objects that a deep copy of a scheduler uses and that are not copied."""
    optimizer = scheduler.optimizer
    seen = {id(optimizer): optimizer}
    waiting = [scheduler]
    while waiting:
        value = waiting.pop()
        if id(value) in seen or isinstance(value, ModuleType) or hasattr(type(value), "detach"):
            continue
        seen[id(value)] = value
        if isinstance(value, type):
            yield from _known_to_class(value)
        elif isinstance(value, FunctionType):
            yield from _known_to_function(value)
        elif isinstance(value, weakref.ref):
            yield "a weak reference", value(), STEPS
        else:
            waiting += gc.get_referents(value)


def _known_to_class(cls: type) -> Iterator[Known]:
    members = [(base, name, member) for base in cls.__mro__ if not _is_foreign(base) for name, member in
               list(vars(base).items())]  # fmt: skip
    functions = [member for *_, member in members if isinstance(member, FunctionType)]
    names = UNNAMED.union(*(_names_read(function.__code__)[1] for function in functions))
    for function in functions:
        yield from _known_to_function(function)
    for base, name, member in members:
        if not isinstance(member, FunctionType):
            yield f"{base.__name__}.{name}", member, names


def _known_to_function(function: FunctionType, names: frozenset[str] = UNNAMED) -> Iterator[Known]:
    """Yield the objects that a function uses from outside; a step in `names` counts for the result of the function."""
    if _is_foreign(function):
        return
    outer, attributes = _names_read(function.__code__)
    names = UNNAMED | attributes | (names & STEPS)
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    yield from ((f"a default of {function.__name__}", value, names) for value in defaults)
    yield from ((name, function.__globals__[name], names) for name in outer if name in function.__globals__)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield from ((name, value, names) for value in gc.get_referents(cell))


def _names_read(code: CodeType) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of the globals and of the attributes that code reads, including those of inner functions."""
    outer: set[str] = set()
    attributes: set[str] = set()
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            outer.add(instruction.argval)
        elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR"):
            attributes.add(instruction.argval)
    inner = [_names_read(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return frozenset(outer).union(*(found[0] for found in inner)), frozenset(attributes).union(*(f[1] for f in inner))


def _known_from(path: str, value: Any, names: frozenset[str]) -> Iterator[Known]:
    """Yield the objects that code with access to `value` reaches by `names`."""
    if isinstance(value, FunctionType):
        yield from _known_to_function(value, names)
    elif isinstance(value, MethodType):
        function, owner = value.__func__, value.__self__
        yield path, function, names
        mentioned = _names_read(function.__code__)[1] if isinstance(function, FunctionType) else frozenset()
        yield path, owner, UNNAMED | {value.__name__} | mentioned | (names & STEPS)
    elif isinstance(value, weakref.ref):
        yield path, value(), names
    else:
        if isinstance(value, TRANSPARENT):
            yield from ((path, item, names) for item in gc.get_referents(value) if not isinstance(item, type))
        if not (isinstance(value, ModuleType) and _is_foreign(value)):
            yield from _known_as_attribute(path, value, names)


def _known_as_attribute(path: str, value: Any, names: frozenset[str]) -> Iterator[Known]:
    for name in names:
        member = inspect.getattr_static(value, name, None)
        if isinstance(member, MemberDescriptorType) and not isinstance(value, type):
            member = getattr(value, name, None)
        if isinstance(member, property):
            member = member.fget
        if isinstance(member, FunctionType):
            member = member if isinstance(value, (type, ModuleType)) else MethodType(member, value)
        if member is not None:
            yield f"{path}.{name}", member, names


def _is_foreign(item: Any) -> bool:
    name = item.__name__ if isinstance(item, ModuleType) else str(getattr(item, "__module__", ""))
    return name.partition(".")[0] in FOREIGN
