"""Schedules as values: immutable, equal by what they say, and written down as plain data."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import FrozenInstanceError
from typing import Any, ClassVar

from lr_schedule.config.reading import fields_of
from lr_schedule.errors import Keys, ScheduleConfigError


class FrozenFields:
    """An object that is nothing but its type and its fields, set once."""

    __slots__ = ()

    type: ClassVar[str]
    quiet_fields: ClassVar[dict[str, Any]]

    def written_fields(self) -> Any:
        """Return type and fields as they stand, functions included; `to_config` is this, for what can be written."""
        fields = {name: getattr(self, name) for name in fields_of(type(self))}
        return {"type": self.type, **{name: value for name, value in fields.items() if self._says(name, value)}}

    def _says(self, name: str, value: Any) -> bool:
        """Tell whether a field is worth writing: not where it is None, or a quiet field left alone."""
        untouched = self.quiet_fields.get(name, ())
        return value is not None and not value == getattr(type(self), name, None) == untouched

    def to_config(self) -> dict[str, Any]:
        """Return plain data (JSON, YAML) from which `create` makes an equal schedule.

        Raises:
            ScheduleConfigError: A part is a Python function, or the class has no ``type`` of its own.
        """
        if "type" not in vars(type(self)):
            raise ScheduleConfigError.at("type", type(self).__name__, "has no type of its own to be written down")
        written: dict[str, Any] = to_plain(self.written_fields())
        return written

    def _key(self) -> Hashable:
        kind = self.type if "type" in vars(type(self)) else type(self)
        return kind, freeze(self.written_fields())

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, FrozenFields) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.written_fields().items() if name != "type")
        return f"{type(self).__name__}({fields})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.written_fields(),)

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to {name!r}: a schedule is immutable")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete {name!r}: a schedule is immutable")


def written(value: Any) -> Any:
    """Return a validated field as what is kept of it: schedules as their configs, lists as tuples."""
    if hasattr(value, "written_fields"):
        return value.written_fields()
    return tuple(written(item) for item in value) if isinstance(value, (list, tuple)) else value


def schedules_in(value: Any) -> list[Any]:
    """Return the schedules in a validated field, in their order."""
    items = value if isinstance(value, (list, tuple)) else [value]
    found = [item if isinstance(item, FrozenFields) else getattr(item, "schedule", None) for item in items]
    return [item for item in found if item is not None]


def to_plain(value: Any, path: Keys = ()) -> Any:
    """Return nested fields as JSON-able data; a Python function among them is an error that says where it stands."""
    if isinstance(value, Mapping):
        return {key: to_plain(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item, (*path, index)) for index, item in enumerate(value)]
    if isinstance(value, FrozenFields):
        return value.to_config()
    if callable(value):
        message = "a Python function cannot be written down in a config; give it a type: subclass BaseLRSchedule"
        raise ScheduleConfigError.at(path, value, message)
    return value


def freeze(value: Any) -> Any:
    """Return nested fields as hashable data that compares by value."""
    if isinstance(value, Mapping):
        return tuple(sorted((key, freeze(item)) for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return tuple(freeze(item) for item in value)
    return freeze(value.to_config()) if isinstance(value, FrozenFields) else value
