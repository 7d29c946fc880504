"""An extension of mkdocstrings: classes and docstrings as the pages of the site show them."""

import importlib
import inspect
import re
import textwrap
from typing import Any

import griffe

from lr_schedule.config.reading import Config

PAPER = re.compile(r"\barXiv (\d{4}\.\d{4,5})")
DOI = re.compile(r"\bdoi:(10\.[^\s;,]*[^\s;,.])")
OWN_SECTION = re.compile(r"^(Formula|Source):\n((?:    .*\n?)+)", re.MULTILINE)

DEFAULT = re.compile(r"\s+Default:\s+(?:``[^`]*``|\S+)\.(?=\s|$)")
MODULE = re.compile(r"\b(?:collections\.abc|typing)\.")
OPTIONAL = re.compile(r"^Optional\[(.+)\]$")


def _written(annotation: Any) -> str | None:
    """Return an annotation as the code has it: `inspect` knows only what its names stand for."""
    if annotation is Any:
        return None
    if annotation == Config:
        return "Config"
    return MODULE.sub("", OPTIONAL.sub(r"\1 | None", inspect.formatannotation(annotation)))


class Docstrings(griffe.Extension):
    """Shows examples as code, formula and source as paragraphs, papers as links, and the signatures of schedules."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of one object."""
        if obj.docstring:
            text = re.sub(r"^Example:$", "Examples:", obj.docstring.value, flags=re.MULTILINE)
            text = OWN_SECTION.sub(lambda found: f"**{found[1]}:** {textwrap.dedent(found[2])}", text)
            text = PAPER.sub(r"[arXiv \1](https://arxiv.org/abs/\1)", text)
            obj.docstring.value = DOI.sub(r"[doi:\1](https://doi.org/\1)", text)

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Add the constructor, which the class has at run time only: it is made from the fields."""
        made = getattr(importlib.import_module(cls.module.path), cls.name, None)
        if not hasattr(getattr(made, "__init__", None), "__signature__") or "__init__" in cls.members:
            return
        parameters = [
            griffe.Parameter(
                one.name,
                annotation=_written(one.annotation),
                kind=griffe.ParameterKind(one.kind.description),
                default=None if one.default is one.empty else repr(one.default),
            )
            for one in inspect.signature(made).parameters.values()
        ]
        if cls.docstring:
            cls.docstring.value = DEFAULT.sub("", cls.docstring.value)  # the signature shows it
        itself = griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword)
        cls.set_member("__init__", griffe.Function("__init__", parameters=griffe.Parameters(itself, *parameters)))
