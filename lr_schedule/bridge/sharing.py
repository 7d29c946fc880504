"""What a deep copy of a scheduler still shares with the original: what its functions know beside its attributes.

A copy has attributes of its own, but functions and classes are not copied: what they know by a closure, a global, a
default or a class attribute is the user's. The names that they use are read from their bytecode, so that nothing of the
user's runs; ``inner.step`` is followed into the code of that ``step``, and ``agent.horizon`` leads no further.
"""

from __future__ import annotations

import dis
import inspect
import sys
import weakref
from collections import deque
from collections.abc import Iterator, Mapping
from functools import cached_property, partial, partialmethod
from itertools import islice
from types import CodeType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

NOTHING = object()
ATOMS = (str, bytes, int, float, complex, bool, type(None), type(NotImplemented), type(...))
CONTAINERS = (list, tuple, set, frozenset, deque, Mapping)
FOREIGN = sys.stdlib_module_names | {"builtins", "jax", "numpy", "torch"}
"""Packages that know no scheduler of the user's but by arguments."""

MOST_ITEMS = 1000
MOST_LOOKS = 20_000

COUNTS = ("get_lr", "get_last_lr", "last_epoch", "base_lrs", "step_update")
"""Attributes of which a scheduler has one, and a trainer with a ``step`` and an ``optimizer`` has none."""


def find_shared(scheduler: Any, optimizer: Any, *, own: bool = False) -> str | None:
    """Return the name by which the code of a scheduler knows one of the user's, beside its attributes; None: by none.

    Args:
        scheduler: What is going to be copied; or, with `own`, what was made over an optimizer of ours.
        optimizer: Its optimizer.
        own: Whether scheduler and optimizer are ours, so that only schedulers over others are the user's.
    """
    search = _Search(scheduler, optimizer, own=own)
    search.look_into_copied(scheduler)
    return search.found


class _Search:
    """A walk over what a scheduler holds, and over what the functions in it know; it ends at the first find."""

    def __init__(self, scheduler: Any, optimizer: Any, *, own: bool) -> None:
        groups = optimizer.param_groups
        self.optimizer = optimizer
        self.own = own
        self.found: str | None = None
        self._originals = set() if own else {id(item) for item in (scheduler, optimizer, groups, *groups)}
        self._seen: dict[tuple[int, ...], Any] = {}  # holds what was seen, so that no id is given twice

    def look_into_copied(self, root: Any) -> None:
        """Look at all that a deep copy of `root` copies, and into each function and class in it."""
        waiting = [root]
        while waiting and self.found is None:
            value = waiting.pop()
            if value is self.optimizer or hasattr(value, "detach") or self._is_known(value, value):
                continue
            if isinstance(value, weakref.ref):
                self._look_at_shared(value(), "a weak reference")
            elif isinstance(value, MethodType):
                waiting += [value.__self__, value.__func__]
            elif isinstance(value, FunctionType):
                self._look_into(value, None)
            elif isinstance(value, partial):
                waiting += [value.func, *value.args, *value.keywords.values()]
            elif isinstance(value, CONTAINERS):
                waiting += _items(value)
            elif not isinstance(value, (type, ModuleType)):
                if self.own and self._is_the_users(value):
                    self.found = f"the attribute that holds a {type(value).__name__}"
                waiting += _attributes(value)
                self._look_into_class(type(value))

    def _is_known(self, value: Any, *key: Any) -> bool:
        """Tell whether there is nothing to be found in `value`, or it was looked at already."""
        if isinstance(value, ATOMS) or self.found is not None or len(self._seen) > MOST_LOOKS:
            return True
        ids = tuple(map(id, key))
        known = ids in self._seen
        self._seen[ids] = key
        return known

    def _look_into_class(self, cls: type) -> None:
        """Look at what the classes of an instance hold: methods, properties, and values that all instances share."""
        for base in cls.__mro__:
            if _is_foreign(base) or self._is_known(base, base):
                continue
            for name, member in list(vars(base).items()):
                for function in _functions_of(member):
                    self._look_into(function, None)
                if not callable(member) and not isinstance(member, (property, staticmethod, classmethod)):
                    self._look_at_shared(member, f"{base.__name__}.{name}")

    def _look_at_shared(self, value: Any, path: str) -> None:
        """Look at a value that a function takes from outside of the copy, and into it where the function may call it."""
        if self._is_known(value, value, self):
            return
        if self._is_the_users(value):
            self.found = path
        elif isinstance(value, weakref.ref):
            self._look_at_shared(value(), path)
        elif isinstance(value, MethodType):
            self._look_at_shared(value.__self__, path)
            self._look_into(value.__func__, value.__self__)
        elif isinstance(value, FunctionType):
            self._look_into(value, None)
        elif isinstance(value, (partial, *CONTAINERS)):
            is_partial = isinstance(value, partial)
            for item in [value.func, *value.args, *value.keywords.values()] if is_partial else _items(value):
                self._look_at_shared(item, path)
        elif not isinstance(value, (type, ModuleType)) and isinstance(
            call := getattr(type(value), "__call__", None), FunctionType
        ):
            self._look_into(call, value)

    def _is_the_users(self, value: Any) -> bool:
        """Tell whether a value is the original of what is copied, or a scheduler that is none of ours."""
        if id(value) in self._originals:
            return True
        if isinstance(value, (type, ModuleType)):
            return False
        optimizer = inspect.getattr_static(value, "optimizer", None)
        steps = any(inspect.getattr_static(value, name, None) is not None for name in ("step", "step_update"))
        counts = any(inspect.getattr_static(value, name, None) is not None for name in COUNTS)
        return optimizer is not None and steps and counts and not (self.own and optimizer is self.optimizer)

    def _look_into(self, function: FunctionType, owner: Any) -> None:
        """Look at each value that the code of a function takes from outside; its first argument is `owner`."""
        if _is_foreign(function) or not isinstance(function, FunctionType) or self._is_known(function, function, owner):
            return
        for path, values in _paths_in(function, owner):
            for value in values[:-1]:
                if not isinstance(value, ATOMS) and self._is_the_users(value):
                    self.found = path
            self._look_at_shared(values[-1], path)
            for value in values:
                for getter in _functions_of(value) if not callable(value) else ():
                    self._look_into(getter, values[-2] if len(values) > 1 else None)


def _is_foreign(item: Any) -> bool:
    return str(getattr(item, "__module__", "")).partition(".")[0] in FOREIGN


def _items(container: Any) -> list[Any]:
    return list(islice(container.values() if isinstance(container, Mapping) else container, MOST_ITEMS))


def _attributes(instance: Any) -> list[Any]:
    slots = [name for base in type(instance).__mro__ for name in _slots_of(base)]
    return [*getattr(instance, "__dict__", {}).values(), *(getattr(instance, name, None) for name in slots)]


def _slots_of(base: type) -> list[str]:
    return [name for name, member in vars(base).items() if isinstance(member, MemberDescriptorType)]


def _functions_of(member: Any) -> list[Any]:
    """Return the functions in what stands in a class: a method, a property, a partial of a function."""
    if isinstance(member, property):
        return [function for function in (member.fget, member.fset) if function is not None]
    if isinstance(member, (staticmethod, classmethod)):
        return [member.__func__]
    if isinstance(member, (partial, partialmethod, cached_property)):
        return [member.func]
    return [member] if isinstance(member, FunctionType) else []


Names = Mapping[str, Any]


def _paths_in(function: FunctionType, owner: Any) -> Iterator[tuple[str, list[Any]]]:
    """Yield each name from outside that a function uses, with the attributes read of it, and the value of each link."""
    code = function.__code__
    known = dict(
        zip(reversed(code.co_varnames[: code.co_argcount]), reversed(function.__defaults__ or ()), strict=False)
    )
    known |= function.__kwdefaults__ or {}
    if owner is not None and code.co_argcount:
        known[code.co_varnames[0]] = owner
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=False))
    enclosed = {name: _content(cell) for name, cell in cells.items()}
    yield from _paths_in_code(code, known, enclosed, function.__globals__)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a name that has no value yet
        return NOTHING


def _paths_in_code(code: CodeType, known: Names, enclosed: Names, outer: Names) -> Iterator[tuple[str, list[Any]]]:
    path, values = "", [NOTHING]
    for instruction in dis.get_instructions(code):
        operation, name = instruction.opname, instruction.argval
        if operation in ("LOAD_ATTR", "LOAD_METHOD"):
            if values[-1] is not NOTHING:
                path, values = f"{path}.{name}", [*values, _attribute(values[-1], name)]
            continue
        if path:
            yield path, [value for value in values if value is not NOTHING]
        path, values = "", [NOTHING]
        names = enclosed if "DEREF" in operation else known if "LOAD_FAST" in operation else outer
        if operation.startswith("LOAD_") and isinstance(name, (str, tuple)) and operation != "LOAD_CONST":
            *_, name = name if isinstance(name, tuple) else (name,)  # of two names loaded at once, the latter is on top
            value = names.get(name, NOTHING)
            path, values = (name, [value]) if value is not NOTHING else ("", [NOTHING])
    inner_cells = {**enclosed, **{name: known[name] for name in code.co_cellvars if name in known}}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):  # a lambda or a comprehension within the function
            yield from _paths_in_code(constant, {}, inner_cells, outer)


def _attribute(value: Any, name: str) -> Any:
    """Return an attribute as it stands; of a property the property itself, as asking it would run its code."""
    if isinstance(value, ModuleType):
        return vars(value).get(name, NOTHING)
    found = inspect.getattr_static(value, name, NOTHING)
    if isinstance(found, MemberDescriptorType):
        return getattr(value, name, NOTHING)
    if isinstance(found, staticmethod):
        return found.__func__
    if isinstance(found, FunctionType) and not isinstance(value, type) and name not in getattr(value, "__dict__", {}):
        return MethodType(found, value)
    return MethodType(found.__func__, value) if isinstance(found, classmethod) else found
