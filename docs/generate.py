"""Make what the docs say of every type from the types themselves: the gallery and the tables of types and keys.

    python docs/generate.py            write pictures, gallery.md, and the generated parts of other pages
    python docs/generate.py --check    write nothing; fail if what is there is not what would be written
    python docs/generate.py --png DIR  write the pictures as PNG too, to look at

A picture stands in ``docs/gallery/<type>.yml`` or ``<type>-<variant>.yml``; a leading comment there is its caption.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from pictures import draw, draw_thumbnail
from results import results_table, studies_page

import lr_schedule
from lr_schedule import BaseLRSchedule
from lr_schedule.config.registry import registry
from lr_schedule.config.schema import describe_fields, shared_fields, summary
from lr_schedule.config.twins import allowed_keys

DOCS = Path(__file__).parent
GALLERY = DOCS / "gallery"
THUMBNAILS = DOCS / "thumbnails"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
TWIN = re.compile(r" Twin(?: in steps)?: ``\w+``\.$")
IDENTITY = re.compile(r"\b[mp][0-9a-f]{10}\b")
PIXEL = 0.02
"""How far a coordinate may lie from the committed one: cosines differ in their last digit from machine to machine."""

SECTIONS = {
    "base": "One value",
    "decay": "Decays",
    "inverse": "Decays without an end",
    "warmup": "Warmup and plateau",
    "staircase": "Staircases and points",
    "cycles": "Cycles",
    "compose": "Schedules made of schedules",
    "torch_schedulers": "Schedulers of torch",
    "stepwise": "Step by step",
}
MODULES = ("control", "optim", "sb3", "adapters.rsl_rl", "adapters.rl_games", "zoo", "tune")
MEMBERS = {
    "BaseLRSchedule": "inherited_members: true, members: [create, __call__, schedules, sample, to_config, describe, "
    "plot, to_steps, to_points, func, complete, check, prepare]",
    "ScheduleConfigError": "members: [at, below]",
}


def kinds() -> Iterator[tuple[str, list[str]]]:
    """Yield the heading of each section, and the types in it."""
    ours = {name: cls for name, cls in registry.items() if cls.is_built_in}
    modules = [*SECTIONS, *sorted({_file_of(cls) for cls in ours.values()} - {*SECTIONS})]
    for module in modules:
        names = [name for name, cls in ours.items() if _file_of(cls) == module]
        if names:
            yield SECTIONS.get(module, module.replace("_", " ").capitalize()), names


def _file_of(cls: type[BaseLRSchedule]) -> str:
    return cls.__module__.rpartition(".")[2]


def pictures_of(name: str) -> list[Path]:
    """Return the YAML files of a type, the plain one first."""
    plain = GALLERY / f"{name}.yml"
    if not plain.exists():
        raise SystemExit(f"the type {name!r} has no picture: add docs/gallery/{name}.yml")
    return [plain, *sorted(GALLERY.glob(f"{name}-*.yml"))]


def thumbnails(folder: str, link: str) -> str:
    """Return small pictures of all types in a row that wraps, each of which leads to its place on a page."""
    names = [name for _, names in kinds() for name in names]
    return "\n".join(f"[![{name}]({folder}/{name}.svg)]({link}#{name})" for name in names)


def gallery_page() -> str:
    """Return the text of gallery.md."""
    lines = [
        "# Gallery",
        "",
        "Each type at a glance: from the start of training on the left to its end on the right, from 0 to its highest",
        "value. A picture leads to the YAML that makes it. All keys are in the [config reference](config.md).",
        "",
        thumbnails("thumbnails", ""),
    ]
    for heading, names in kinds():
        lines += ["", f"## {heading}"]
        for name in names:
            about = f"{summary(registry[name])} {when_to_use(registry[name])}".strip()
            lines += ["", f"### {name}", "", f"{about} [Keys](config.md#{name})"]
            for path in pictures_of(name):
                text = path.read_text(encoding="utf-8")
                caption, text = text.split("\n", 1) if text.startswith("#") else ("", text)
                lines += ["", caption.removeprefix("# ")] if caption else []
                lines += ["", "```yaml", text.rstrip(), "```", "", f"![{path.stem}](gallery/{path.stem}.svg)"]
    return "\n".join(lines) + "\n"


def when_to_use(cls: type[BaseLRSchedule]) -> str:
    """Return what the docstring of a type says between its first sentence and its formula."""
    _, _, rest = (inspect.getdoc(cls) or "").partition("\n\n")
    return " ".join(rest.partition("Formula:")[0].replace("``", "`").split())


def type_table(link: str) -> str:
    """Return the table of all types; `link` leads to the page with their keys."""
    lines = ["| | types |", "|---|---|"]
    for heading, names in kinds():
        lines.append(f"| {heading} | {', '.join(f'[`{name}`]({link}#{name})' for name in names)} |")
    return "\n".join(lines)


def key_tables() -> str:
    """Return, for each type, the table of its keys."""
    parts = []
    for heading, names in kinds():
        parts.append(f"## {heading}")
        for name in names:
            cls = registry[name]
            rows = [f"| {_keys_of(cls, field)} | {text} |" for field, text in _own_texts(cls).items()]
            table = "\n".join(["| key | meaning |", "|---|---|", *rows])
            public = cls.__name__ in lr_schedule.__all__
            link = f", class [`{cls.__name__}`](api.md#lr_schedule.{cls.__name__})" if public else ""
            about = f"{summary(cls)} [Picture](gallery.md#{name}){link}."
            lacking = [f"`{field}`" for field in shared_fields(cls) if field not in allowed_keys(cls)]
            about += f" Takes no {' or '.join(lacking)}." if lacking else ""
            parts += [f"### {name}", about, f"**Value**: {formula(cls)}", table]
    return "\n\n".join(parts)


def formula(cls: type[BaseLRSchedule]) -> str:
    """Return the formula in the docstring of a kind, as one line of Markdown."""
    found = re.search(r"^Formula:\n(.*?)\n\n", inspect.getdoc(cls) or "", re.DOTALL | re.MULTILINE)
    if found is None:
        raise SystemExit(f"the docstring of {cls.__name__} has no formula")
    text = re.sub(r"(?<!`)`(\w+LRSchedule)`", r"[`\1`](api.md#lr_schedule.\1)", " ".join(found[1].split()))
    return text.replace("``", "`").removesuffix(".") + "."


def _own_texts(cls: type[BaseLRSchedule]) -> dict[str, str]:
    """Return what each key of a kind means, save for those that mean the same in every kind."""
    texts, shared = describe_fields(cls), describe_fields(BaseLRSchedule)
    fields = list(dict.fromkeys(allowed_keys(cls).values()))
    missing = [field for field in fields if field not in texts]
    if missing:
        raise SystemExit(f"the docstring of {cls.__name__} says nothing of {', '.join(missing)}")
    common = {field for field in shared_fields(cls) if texts.get(field) == shared[field]}
    own = {field: texts[field] for field in fields if cls is BaseLRSchedule or field not in common}
    return {field: TWIN.sub("", text).replace("``", "`").replace("|", "\\|") for field, text in own.items()}


def _keys_of(cls: type[BaseLRSchedule], field: str) -> str:
    return ", ".join(f"`{key}`" for key, sets in allowed_keys(cls).items() if sets == field)


def api_page() -> str:
    """Return the text of api.md: a directive of mkdocstrings for every public name."""
    kinds_named = [cls for cls in registry.values() if cls.__name__ in lr_schedule.__all__]
    lines = ["# API reference", "", "## lr_schedule"]
    for name in sorted(lr_schedule.__all__, key=lambda name: (name != "BaseLRSchedule", name)):
        members = MEMBERS.get(name, "members: false" if getattr(lr_schedule, name) in kinds_named else "")
        lines += ["", f"::: lr_schedule.{name}"] + ([f"    options: {{{members}}}"] if members else [])
    for module in MODULES:
        names = getattr(importlib.import_module(f"lr_schedule.{module}"), "__all__", [])
        lines += ["", f"## lr_schedule.{module}"] if names else []
        lines += [line for name in names for line in ("", f"::: lr_schedule.{module}.{name}")]
    return "\n".join(lines) + "\n"


def with_generated(path: Path, text: str) -> str:
    """Return a page with what stands between its two marks replaced by `text`."""
    page = path.read_text(encoding="utf-8")
    begin, end = "<!-- generated: begin -->", "<!-- generated: end -->"
    before, _, rest = page.partition(begin)
    _, mark, after = rest.partition(end)
    if not mark:
        raise SystemExit(f"{path.name} lacks the marks {begin} and {end}")
    return f"{before}{begin}\n{text}\n{end}{after}"


def pages() -> dict[Path, str]:
    """Return every page with generated text, as it must read."""
    small_pictures = thumbnails("docs/thumbnails", "docs/gallery.md")
    config, index, readme = DOCS / "config.md", DOCS / "index.md", DOCS.parent / "README.md"
    which = DOCS / "which-schedule.md"
    return {
        which: with_generated(which, results_table()),
        DOCS / "studies.md": studies_page(),
        DOCS / "gallery.md": gallery_page(),
        DOCS / "api.md": api_page(),
        config: with_generated(config, key_tables()),
        index: with_generated(index, thumbnails("thumbnails", "gallery.md")),
        readme: with_generated(readme, f"{small_pictures}\n\n{type_table('docs/config.md')}"),
    }


def is_current(path: Path, text: str) -> bool:
    """Tell whether a file reads `text`; in a picture, coordinates may differ by a fiftieth of a pixel."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if path.suffix != ".svg" or old == text:
        return old == text
    old, text = IDENTITY.sub("id", old), IDENTITY.sub("id", text)
    if NUMBER.sub("#", old) != NUMBER.sub("#", text):
        return False
    pairs = zip(NUMBER.findall(old), NUMBER.findall(text), strict=True)
    return all(abs(float(a) - float(b)) <= PIXEL for a, b in pairs)


def main() -> int:
    """Write, or check, everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail if something is stale")
    parser.add_argument("--png", type=Path, metavar="DIR", help="write the pictures as PNG there too")
    arguments = parser.parse_args()
    files = [path for _, names in kinds() for name in names for path in pictures_of(name)]
    THUMBNAILS.mkdir(exist_ok=True)
    for folder, expected in ((GALLERY, {path.stem for path in files}), (THUMBNAILS, set(registry))):
        strangers = sorted({path.with_suffix("").name for path in folder.iterdir()} - expected)
        if strangers:
            raise SystemExit(f"docs/{folder.name} has files of no type: {', '.join(strangers)}")
    fresh = pages()
    for path in files:
        fresh[path.with_suffix(".svg")] = draw(path, arguments.png and arguments.png / f"{path.stem}.png")
        if path.stem in registry:
            small = arguments.png and arguments.png / f"thumbnail-{path.stem}.png"
            fresh[THUMBNAILS / f"{path.stem}.svg"] = draw_thumbnail(path, small)
    stale = [path for path, text in fresh.items() if not is_current(path, text)]
    if arguments.check:
        for path in stale:
            print(f"{path.relative_to(DOCS.parent)} is stale: run python docs/generate.py")
        return 1 if stale else 0
    for path in stale:
        path.write_text(fresh[path], encoding="utf-8")
        print(f"wrote {path.relative_to(DOCS.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
