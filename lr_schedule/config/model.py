"""The config keys of a class, with their annotations and defaults, and the pydantic model made from them.

Each function runs once for a class, when its type is first used. A run uses about two of thirty types, and making all
models would double the time of the import.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from inspect import Parameter, Signature
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from lr_schedule.fields import QUIET, with_number_rules

if TYPE_CHECKING:
    from pydantic import BaseModel

Function = TypeVar("Function", bound=Callable[..., Any])


def once(function: Function) -> Function:
    """Return `function` with a cache for each class."""
    # Not functools.cache directly: mypy considers a class unhashable if its instances define __hash__.
    return cast("Function", cache(function))


@once
def hints_of(cls: Any) -> dict[str, Any]:
    """Return the annotations of config keys of a class and its bases; those of the bases come first."""
    hints = get_type_hints(cls, include_extras=True)
    return {name: hint for name, hint in hints.items() if _is_key(name) and get_origin(hint) is not ClassVar}


def _is_key(name: str) -> bool:
    return name[0] != "_" and name != "type"  # `type` names the class, even if it is annotated


def _is_marked_quiet(annotation: Any) -> bool:
    return get_origin(annotation) is Annotated and QUIET in get_args(annotation)


@once
def quiet_fields_of(cls: Any) -> dict[str, Any]:
    """Return the fields that a written config omits while they have their default, and these defaults."""
    return {name: getattr(cls, name) for name, hint in hints_of(cls).items() if _is_marked_quiet(hint)}


@once
def fields_of(cls: Any) -> dict[str, Any]:
    """Return the config keys of a class and their annotations; fields that a base marks as quiet come last."""
    hints = hints_of(cls)
    quiet = {name for base in cls.__mro__[:-1] for name in quiet_fields_of(base)}
    names = [name for name in hints if name not in quiet] + [name for name in hints if name in quiet]
    return {name: with_number_rules(hints[name]) for name in names if name not in cls.omitted_fields}


def default_of(cls: Any, field: str, missing: Any = None) -> Any:
    """Return the default of a field, or `missing` for a required field."""
    default = getattr(cls, field, ...)
    return missing if default is ... else default


@once
def model_of(cls: Any) -> type[BaseModel]:
    """Return the pydantic model that validates the fields of `cls`."""
    from pydantic import ConfigDict, create_model

    fields: dict[str, Any] = {name: (hint, default_of(cls, name, missing=...)) for name, hint in fields_of(cls).items()}
    config = ConfigDict(extra="forbid", protected_namespaces=())
    return create_model(cls.__name__, __config__=config, **fields)


@once
def defaults_of(cls: Any) -> dict[str, Any]:
    """Return the validated defaults of the fields; a wrong default raises the ValidationError of pydantic."""
    validator = model_of(cls).__pydantic_validator__
    defaults = {name: default_of(cls, name, missing=...) for name in fields_of(cls)}
    return {
        name: vars(validator.validate_assignment(model_of(cls).model_construct(), name, default))[name]
        for name, default in defaults.items()
        if default is not ...
    }


@once
def fractions_of(cls: Any) -> tuple[str, ...]:
    """Return the fields of a class that are one fraction of the run."""
    return tuple(name for name in fields_of(cls) if name.endswith("_fraction"))


@once
def signature_of(cls: Any) -> Signature:
    """Return the signature of the constructor: the config, and each field as a keyword with its default."""
    hints = hints_of(cls)
    keywords = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=default_of(cls, name, Parameter.empty), annotation=bare)
        for name in fields_of(cls)
        for bare in [_without_marks(hints[name])]
    ]
    return Signature([Parameter("cfg", Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=Any), *keywords])


def _without_marks(annotation: Any) -> Any:
    if get_origin(annotation) is Annotated:
        return _without_marks(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return Union[tuple(_without_marks(option) for option in get_args(annotation))]  # noqa: UP007  # made of a tuple
    return annotation


def declares_fields(own: Mapping[str, Any]) -> bool:
    """Tell whether a class with these attributes declares or omits fields.

    A class that cloudpickle makes has no attributes at first. They are set later, so nothing may be cached before.
    """
    return not own.keys().isdisjoint({"__annotations__", "__annotate__", "__annotate_func__", "omitted_fields"})


def constructor_of(cls: Any, construct: Callable[[Any, Any, dict[str, Any]], None]) -> Callable[..., None]:
    """Return an ``__init__`` that calls ``construct(self, cfg, fields)`` and whose signature names the fields of `cls`.

    Each class has its own function, because jsonargparse reads the parameters of a class only from its ``__init__``.
    """

    def __init__(self: Any, cfg: Any = None, **fields: Any) -> None:  # noqa: N807  # it becomes the method of that name
        construct(self, cfg, fields)

    try:
        signature = signature_of(cls)
    except NameError:  # an annotation names a class defined later in the module; `signature_of` is called again later
        return __init__
    itself = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
    __init__.__signature__ = signature.replace(parameters=[itself, *signature.parameters.values()])  # type: ignore[attr-defined]
    __init__.__annotations__ = {name: one.annotation for name, one in signature.parameters.items()}
    return __init__
