"""The generated text of the reference: the types in config.md, and the pages of the API reference."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator

from key_tables import as_code, key_table, own_keys

import lr_schedule
from lr_schedule import BaseLRSchedule
from lr_schedule.config.model import fields_of
from lr_schedule.config.registry import registry
from lr_schedule.config.schema import shared_fields, summary
from lr_schedule.config.twins import allowed_keys
from lr_schedule.control.controller import kinds

SECTIONS = {
    "base": "Constant",
    "decay": "Decays",
    "inverse": "Inverse decays",
    "warmup": "Warmup and plateau",
    "staircase": "Staircases and points",
    "cycles": "Cycles",
    "compose": "Schedules made of schedules",
    "torch_schedulers": "torch schedulers",
    "stepwise": "Tables of values",
}
"""The heading for the types of each module, in the order of the pages."""
BRIDGE = ("torch_schedulers", "stepwise")
"""The modules whose types the page on the bridge describes."""

CORE = ("BaseLRSchedule", "ConstantLRSchedule", "json_schema", "plot", "ScheduleConfigError")
BRIDGED = ("from_steps", "from_torch", "from_log")
MODULES = {
    "optim": "Functions and classes that apply a schedule to a torch optimizer in your own training loop.",
    "control": "Controllers, which scale a schedule by a metric such as the KL divergence.",
    "sb3": "Schedules in Stable-Baselines3: the callback, the preview, and saved models.",
    "adapters.rsl_rl": "A function that schedules the hyperparameters of rsl_rl.",
    "adapters.rl_games": "An observer that schedules the hyperparameters of rl_games.",
    "zoo": "Functions that read schedules in the hyperparameter files of RL Baselines3 Zoo.",
    "tune": "Functions that add schedules to the search space of Optuna.",
    "compare": "Functions that compare schedules on several tasks and seeds.",
}
"""The modules with public names, and the description of the page of each."""

MEMBERS = {
    "BaseLRSchedule": "inherited_members: true, members: [create, __call__, schedules, sample, to_config, describe, "
    "plot, to_steps, to_points, func, complete, check, prepare]",
    "ScheduleConfigError": "members: [at, below]",
}
CLASS = re.compile(r"`(\w+LRSchedule)`")
ARXIV = re.compile(r"\barXiv (\d{4}\.\d{4,5})")
DOI = re.compile(r"\bdoi:(10\.[^\s;,]*[^\s;,.])")


def types_by_section() -> Iterator[tuple[str, list[str]]]:
    """Yield the heading of each section, and the types in it."""
    for module, names in _types_by_module().items():
        yield SECTIONS.get(module, module.replace("_", " ").capitalize()), names


def _types_by_module() -> dict[str, list[str]]:
    ours = {name: cls for name, cls in registry.items() if cls.is_built_in}
    modules = [*SECTIONS, *sorted({_file_of(cls) for cls in ours.values()} - {*SECTIONS})]
    found = {module: [name for name, cls in ours.items() if _file_of(cls) == module] for module in modules}
    return {module: names for module, names in found.items() if names}


def _file_of(cls: type[BaseLRSchedule]) -> str:
    return cls.__module__.rpartition(".")[2]


def type_table(link: str) -> str:
    """Return the table of all types; `link` is the page with their keys."""
    lines = ["| | types |", "|---|---|"]
    for heading, names in types_by_section():
        lines.append(f"| {heading} | {', '.join(f'[`{name}`]({link}#{name})' for name in names)} |")
    return "\n".join(lines)


def shared_keys() -> str:
    """Return the table of the keys that every type has."""
    return key_table(BaseLRSchedule, list(shared_fields(BaseLRSchedule)))


def key_tables() -> str:
    """Return the description, the formula and the table of keys of each type."""
    parts = []
    for heading, names in types_by_section():
        parts.append(f"## {heading}")
        for name in names:
            cls = registry[name]
            public = cls.__name__ in lr_schedule.__all__
            links = [f"[Picture](gallery.md#{name})"] + ([f"class {link_to(cls.__name__)}"] if public else [])
            parts += [f"### {name}", f"{as_markdown(summary(cls))} {', '.join(links)}."]
            parts += [f"**Value**: {formula(cls)}"]
            lacking = [f"`{field}`" for field in shared_fields(cls) if field not in allowed_keys(cls)]
            parts += [f"This type does not have {_listed(lacking, 'or')}."] if lacking else []
            own = [key for key in own_keys(cls) if cls is not BaseLRSchedule or key not in shared_fields(cls)]
            parts += [key_table(cls, own)]
            parts += [f"Source: {source}"] if (source := section(cls, "Source")) else []
    return "\n\n".join(parts)


def controller_tables() -> str:
    """Return the description, the formula and the table of keys of each controller."""
    parts = []
    for name, cls in kinds.items():
        about = as_markdown(summary(cls)).removesuffix(".")
        parts += [f"### {name}", f"{about}. Class {link_to(cls.__name__, 'control')}.", f"**Rule**: {formula(cls)}"]
        parts += [key_table(cls, list(fields_of(cls)))]
    return "\n\n".join(parts)


def _listed(names: list[str], last: str) -> str:
    return f"{', '.join(names[:-1])} {last} {names[-1]}" if len(names) > 1 else names[0]


def formula(cls: type[BaseLRSchedule]) -> str:
    """Return the formula in the docstring of a type, as one line of Markdown."""
    text = section(cls, "Formula")
    if not text:
        raise SystemExit(f"the docstring of {cls.__name__} has no formula")
    return text.removesuffix(".") + "."


def section(cls: type, title: str) -> str:
    """Return a section of the docstring of a class as one line of Markdown, or an empty string."""
    found = re.search(rf"^{title}:\n(.*?)(?:\n\n|\Z)", inspect.getdoc(cls) or "", re.DOTALL | re.MULTILINE)
    return as_markdown(" ".join(found[1].split())) if found else ""


def when_to_use(cls: type) -> str:
    """Return the second paragraph of the docstring of a class, which says when to use it."""
    _, _, rest = (inspect.getdoc(cls) or "").partition("\n\n")
    text = " ".join(rest.partition("\n\n")[0].split())
    if not text.startswith("Use it "):
        raise SystemExit(f"the second paragraph of the docstring of {cls.__name__} must begin with 'Use it'")
    return text


def as_markdown(text: str) -> str:
    """Return the text of a docstring as Markdown, with links to classes and papers."""
    return with_papers(CLASS.sub(lambda found: link_to(found[1]), as_code(text)))


def with_papers(text: str) -> str:
    """Return a text in which the papers on arXiv, and those with a DOI, are links."""
    return DOI.sub(r"[doi:\1](https://doi.org/\1)", ARXIV.sub(r"[arXiv \1](https://arxiv.org/abs/\1)", text))


def link_to(name: str, module: str = "") -> str:
    """Return a link to a public name of the package, or of a module of it, in the API reference."""
    if module:
        return f"[`{name}`](api/{module}.md#lr_schedule.{module}.{name})"
    return f"[`{name}`](api/{page_of(name)}.md#lr_schedule.{name})"


def page_of(name: str) -> str:
    """Return the page of the API reference, without its ending, that describes a public name of the package."""
    if name in CORE:
        return "base"
    item = getattr(lr_schedule, name)
    module = _file_of(item) if isinstance(item, type) else "bridge"
    return "bridge" if module in BRIDGE else module


def api_pages() -> dict[str, str]:
    """Return the text of each page of the API reference by its name, without the ending."""
    pages: dict[str, tuple[str, str, list[str]]] = {
        "base": ("Create, plot, check", "The base class of all schedules, and functions for all types.", list(CORE))
    }
    for module, title in SECTIONS.items():
        if module not in ("base", *BRIDGE):
            about = f"The classes of the types {_listed(_types_by_module()[module], 'and')}."
            pages[module] = (title, about, [n for n in lr_schedule.__all__ if page_of(n) == module])
    bridged = [name for name in lr_schedule.__all__ if page_of(name) == "bridge" and name not in BRIDGED]
    about = "Functions and types that make schedules from the schedulers of other libraries and from logs."
    pages["bridge"] = ("Other libraries and logs", about, [*BRIDGED, *bridged])
    texts = {page: _api_page(title, about, "lr_schedule", names) for page, (title, about, names) in pages.items()}
    titles = {page: (title, about) for page, (title, about, _) in pages.items()}
    for module, about in MODULES.items():
        full, page = f"lr_schedule.{module}", module.replace(".", "-")
        texts[page] = _api_page(full, about, full, public_names(full))
        titles[page] = (full, about)
    listed = set().union(*(names for _, _, names in pages.values()))
    if missing := set(lr_schedule.__all__) - listed:
        raise SystemExit(f"no page of the API reference describes {', '.join(sorted(missing))}")
    rows = [f"| [{title}]({page}.md) | {about} |" for page, (title, about) in titles.items()]
    about = "Every public class and function, with its arguments and an example."
    index = [*_head("API reference", about), "| page | contents |", "|---|---|", *rows]
    return {"index": "\n".join(index) + "\n", **texts}


def public_names(module: str) -> list[str]:
    """Return the public names of a module: those that it lists, or the functions and classes that it defines."""
    found = importlib.import_module(module)
    defined = [name for name, item in vars(found).items() if getattr(item, "__module__", "") == module]
    return list(getattr(found, "__all__", [name for name in defined if name[0] != "_"]))


def _head(title: str, about: str) -> list[str]:
    return ["---", f'description: "{about}"', "---", "", f"# {title}", "", about, ""]


def _api_page(title: str, about: str, module: str, names: list[str]) -> str:
    lines = _head(title, about)
    for name in names:
        item = getattr(importlib.import_module(module), name)
        options = {"members": "false"} if isinstance(item, type) and item in registry.values() else {}
        heading = f"{item.type}: {name}" if options and name == item.__name__ else name
        shown = [f"heading: '{heading}', toc_label: '{heading}'"]
        shown += [MEMBERS[name]] if name in MEMBERS else [f"{key}: {value}" for key, value in options.items()]
        # A function with the name of its module, such as `preview`: the short path would describe the module.
        path = f"{item.__module__ if f'{module}.{name}' in sys.modules else module}.{name}"
        lines += [f"::: {path}", f"    options: {{{', '.join(shown)}}}", ""]
    return "\n".join(lines).rstrip() + "\n"
