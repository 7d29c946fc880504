"""Frozen: an immutable object that consists of its type and its fields, compares by value, and converts to a config."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import FrozenInstanceError
from inspect import Signature
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from lr_schedule.config.model import fields_of, quiet_fields_of, signature_of
from lr_schedule.errors import Keys, ScheduleConfigError

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:
    Class = TypeVar("Class")

    def dataclass_transform(**_: Any) -> Callable[[Class], Class]:
        """Replace `typing.dataclass_transform`, which only type checkers need and Python 3.10 does not have."""
        return lambda cls: cls


def positional(*, default: Any, kw_only: bool = False) -> Any:
    """Declare a positional parameter of the constructor; only type checkers see it."""


class _SignatureOfFields:
    """The signature that `inspect.signature`, `help` and IPython show for a class; an instance shows `__call__`."""

    def __get__(self, instance: object, owner: type) -> Signature:
        if instance is not None:
            raise AttributeError("__signature__")
        return signature_of(owner)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(positional,))
class Frozen:
    """An object that consists of its type and its fields, which are set once."""

    __slots__ = ("_known_key",)

    # Values computed from the fields are annotated as ClassVar, so that type checkers do not treat them as fields.
    _known_key: ClassVar[Hashable]

    type: ClassVar[str]
    is_built_in: ClassVar[bool]
    """Whether the class is part of this package; its pickles then name the type and not the class."""
    omitted_fields: ClassVar[tuple[str, ...]] = ()
    """Inherited fields that this class does not have."""
    free_keys: ClassVar[str | None] = None
    """The field that collects the keys of a config that are not fields."""
    one_of: ClassVar[tuple[str, ...]] = ()
    """Fields of which a config gives exactly one; the others are None."""

    __signature__: ClassVar[Any] = _SignatureOfFields()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in ("__eq__", "__hash__", "__repr__"):
            if name not in vars(cls):  # so that @dataclass, which a subclass does not need, does not replace them
                setattr(cls, name, getattr(cls, name))

    def written_fields(self) -> Any:
        """Return the type and the fields, including functions; `to_config` returns the same if there are none."""
        quiet = quiet_fields_of(type(self))
        said: dict[str, Any] = {"type": self.type}
        for name in fields_of(type(self)):
            value = getattr(self, name)
            if value is not None and not (name in quiet and value == quiet[name]):
                said[name] = value
        return said

    def to_config(self) -> dict[str, Any]:
        """Return plain data (JSON, YAML) from which `create` makes an equal schedule.

        Use it to save a schedule or to log it.

        Raises:
            ScheduleConfigError: A part is a Python function, or the class defines no ``type``.
        """
        if "type" not in vars(type(self)):
            raise ScheduleConfigError.at("type", type(self).__name__, "defines no type, so it has no config")
        written: dict[str, Any] = to_plain(self.written_fields())
        return written

    def _key(self) -> Hashable:
        """Return the data that equality and hash compare; it is kept, because computing it takes ten times as long."""
        try:
            known: Hashable = self._known_key
        except AttributeError:
            known = self._what_is_compared()
            object.__setattr__(self, "_known_key", known)
        return known

    def _what_is_compared(self) -> Hashable:
        kind = self.type if "type" in vars(type(self)) else type(self)
        return kind, freeze(self.written_fields())

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Frozen) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.written_fields().items() if name != "type")
        return f"{type(self).__name__}({fields})"

    def _derive(self, **slots: Any) -> None:
        """Set values that are computed from the fields; they are in slots, and the fields are in ``__dict__``."""
        for name, value in slots.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to {name!r}: a schedule is immutable")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete {name!r}: a schedule is immutable")


def as_kept(value: Any, parts: list[Any]) -> Any:
    """Return a validated field in the form that is kept: lists as tuples, schedules as configs; add them to `parts`."""
    if hasattr(value, "written_fields"):
        parts.append(value if isinstance(value, Frozen) else value.schedule)
        return value.written_fields()
    if isinstance(value, (set, frozenset)):
        return frozenset(value)
    return tuple([as_kept(item, parts) for item in value]) if isinstance(value, (list, tuple)) else value


def to_plain(value: Any, path: Keys = ()) -> Any:
    """Return nested fields as JSON-able data; raise an error with its path if there is a Python function."""
    if isinstance(value, Mapping):
        return {key: to_plain(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, frozenset):
        value = sorted(value, key=repr)
    if isinstance(value, (list, tuple)):
        return [to_plain(item, (*path, index)) for index, item in enumerate(value)]
    if isinstance(value, Frozen):
        return value.to_config()
    if callable(value):
        message = "a Python function cannot be written to a config; make it a type: subclass BaseLRSchedule"
        raise ScheduleConfigError.at(path, value, message)
    return value


def freeze(value: Any) -> Any:
    """Return nested fields as hashable data that compares by value."""
    if isinstance(value, Mapping):
        return tuple(sorted((key, freeze(item)) for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return tuple(freeze(item) for item in value)
    return freeze(value.to_config()) if isinstance(value, Frozen) else value
