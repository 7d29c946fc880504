"""Make what the docs say of every type from the types themselves: the gallery and the tables of types and keys.

    python docs/generate.py            write the pictures, gallery.md and the generated parts of config.md and README.md
    python docs/generate.py --check    write nothing; fail if what is there is not what would be written
    python docs/generate.py --png DIR  write the pictures as PNG too, to look at

The config of a picture is in ``docs/gallery/<type>.yml`` or ``<type>-<variant>.yml``; a leading comment is its
caption.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import yaml

mpl.use("Agg")
from matplotlib import pyplot as plt
from reference import (
    api_pages,
    as_markdown,
    controller_tables,
    key_tables,
    shared_keys,
    type_table,
    types_by_section,
)

from lr_schedule import BaseLRSchedule
from lr_schedule.config.registry import registry
from lr_schedule.config.schema import summary

DOCS = Path(__file__).parent
GALLERY = DOCS / "gallery"
POINTS = 2001
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
IDENTITY = re.compile(r"\b[mp][0-9a-f]{10}\b")
PIXEL = 0.02
"""How far a coordinate may lie from the committed one: cosines differ in their last digit from machine to machine."""

STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "lr_schedule",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def pictures_of(name: str) -> list[Path]:
    """Return the YAML files of a type, the plain one first."""
    plain = GALLERY / f"{name}.yml"
    if not plain.exists():
        raise SystemExit(f"the type {name!r} has no picture: add docs/gallery/{name}.yml")
    return [plain, *sorted(GALLERY.glob(f"{name}-*.yml"))]


def draw(path: Path, png: Path | None = None) -> str:
    """Return the picture of the schedule in a YAML file, as SVG; write it as PNG too where that is asked for."""
    schedule = BaseLRSchedule.create(yaml.safe_load(path.read_text(encoding="utf-8")))
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(5.6, 2.4), layout="constrained")
        percent = [100.0 * point / (POINTS - 1) for point in range(POINTS)]
        axes.plot(percent, schedule.sample(POINTS), color="#4051b5", linewidth=2)
        axes.set_xlim(0, 100)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("percent of training")
        axes.set_ylabel("value")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.grid(alpha=0.3)
        top = axes.secondary_xaxis("top", functions=(lambda x: 1.0 - x / 100.0, lambda p: 100.0 * (1.0 - p)))
        top.set_xlabel("progress_remaining")
        top.spines["top"].set_visible(True)
        svg = io.StringIO()
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        if png is not None:
            figure.savefig(png, dpi=110)
        plt.close(figure)
    return "\n".join(line.rstrip() for line in svg.getvalue().splitlines()) + "\n"


def gallery_page() -> str:
    """Return the text of gallery.md."""
    lines = [
        "# Gallery",
        "",
        "One picture for every type, with the YAML that makes it. Time runs from left to right: `progress_remaining`",
        "above, the percent of training below. The keys of each type are in the [config reference](config.md).",
    ]
    for heading, names in types_by_section():
        lines += ["", f"## {heading}"]
        for name in names:
            lines += ["", f"### {name}", "", f"{as_markdown(summary(registry[name]))} [Keys](config.md#{name})"]
            for path in pictures_of(name):
                text = path.read_text(encoding="utf-8")
                caption, text = text.split("\n", 1) if text.startswith("#") else ("", text)
                lines += ["", caption.removeprefix("# ")] if caption else []
                lines += ["", "```yaml", text.rstrip(), "```", "", f"![{path.stem}](gallery/{path.stem}.svg)"]
    return "\n".join(lines) + "\n"


def with_generated(path: Path, **texts: str) -> str:
    """Return a page with what is between the two marks of each name replaced by the text of that name."""
    page = path.read_text(encoding="utf-8")
    for name, text in texts.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, _, rest = page.partition(begin)
        _, mark, after = rest.partition(end)
        if not mark:
            raise SystemExit(f"{path.name} lacks the marks {begin} and {end}")
        page = f"{before}{begin}\n{text}\n{end}{after}"
    return page


def pages() -> dict[Path, str]:
    """Return every page with generated text, as it must read."""
    config, control, readme = DOCS / "config.md", DOCS / "control.md", DOCS.parent / "README.md"
    return {
        DOCS / "gallery.md": gallery_page(),
        config: with_generated(config, shared=shared_keys(), generated=key_tables()),
        control: with_generated(control, controllers=controller_tables()),
        readme: with_generated(readme, generated=type_table("docs/config.md")),
        **{DOCS / "api" / f"{name}.md": text for name, text in api_pages().items()},
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
    files = [path for _, names in types_by_section() for name in names for path in pictures_of(name)]
    strangers = sorted({path.with_suffix("").name for path in GALLERY.iterdir()} - {path.stem for path in files})
    if strangers:
        raise SystemExit(f"docs/gallery holds files of no type: {', '.join(strangers)}")
    fresh = pages()
    for path in files:
        fresh[path.with_suffix(".svg")] = draw(path, arguments.png and arguments.png / f"{path.stem}.png")
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
