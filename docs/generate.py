"""Generate the parts of the docs that describe the types from the code: the gallery and the tables of types and keys.

    python docs/generate.py            write pictures, gallery.md, and the generated parts of other pages
    python docs/generate.py --check    write nothing; fail if what is there is not what would be written
    python docs/generate.py --png DIR  write the pictures as PNG too, to look at

The config of a picture is in ``docs/gallery/<type>.yml`` or ``<type>-<variant>.yml``; a leading comment is its
caption.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from pictures import draw, draw_thumbnail
from reference import (
    api_pages,
    as_markdown,
    controller_tables,
    key_tables,
    shared_keys,
    type_table,
    types_by_section,
    when_to_use,
)
from results import results_table, studies_page

from lr_schedule.config.registry import registry
from lr_schedule.config.schema import summary

DOCS = Path(__file__).parent
GALLERY = DOCS / "gallery"
THUMBNAILS = DOCS / "thumbnails"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
IDENTITY = re.compile(r"\b[mp][0-9a-f]{10}\b")
PIXEL = 0.02
"""Largest difference of a coordinate from the committed one: the last digit of a cosine depends on the machine."""


def pictures_of(name: str) -> list[Path]:
    """Return the YAML files of a type, the plain one first."""
    plain = GALLERY / f"{name}.yml"
    if not plain.exists():
        raise SystemExit(f"the type {name!r} has no picture: add docs/gallery/{name}.yml")
    return [plain, *sorted(GALLERY.glob(f"{name}-*.yml"))]


def thumbnails(folder: str, link: str) -> str:
    """Return small pictures of all types in a row that wraps, each with a link to its section on a page."""
    names = [name for _, names in types_by_section() for name in names]
    return "\n".join(f"[![{name}]({folder}/{name}.svg)]({link}#{name})" for name in names)


def gallery_page() -> str:
    """Return the text of gallery.md."""
    lines = [
        "---",
        'description: "Pictures of all types of schedules, when to use each one, and the YAML for it."',
        "---",
        "",
        "# Gallery",
        "",
        "Each picture shows a schedule from the start of training (left) to its end (right), and from 0 to its highest",
        "value. Click a picture to see when to use the type, and the YAML for it. All keys are in the",
        "[config reference](config.md). The studies of this project are described in",
        "[Which schedule to choose](which-schedule.md).",
        "",
        thumbnails("thumbnails", ""),
    ]
    for heading, names in types_by_section():
        lines += ["", f"## {heading}"]
        for name in names:
            about = f"{summary(registry[name])} {when_to_use(registry[name])}"
            lines += ["", f"### {name}", "", f"{as_markdown(about)} [Keys](config.md#{name})"]
            for path in pictures_of(name):
                text = path.read_text(encoding="utf-8")
                caption, text = text.split("\n", 1) if text.startswith("#") else ("", text)
                lines += ["", caption.removeprefix("# ")] if caption else []
                lines += ["", "```yaml", text.rstrip(), "```", "", f"![{path.stem}](gallery/{path.stem}.svg)"]
    return "\n".join(lines) + "\n"


def with_generated(path: Path, **texts: str) -> str:
    """Return a page in which the text between the two marks of each name is replaced."""
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
    """Return the text of each page with generated parts."""
    config, control, readme = DOCS / "config.md", DOCS / "control.md", DOCS.parent / "README.md"
    index, which = DOCS / "index.md", DOCS / "which-schedule.md"
    small_pictures = thumbnails("docs/thumbnails", "docs/gallery.md")
    return {
        which: with_generated(which, generated=results_table()),
        DOCS / "studies.md": studies_page(),
        DOCS / "gallery.md": gallery_page(),
        config: with_generated(config, shared=shared_keys(), generated=key_tables()),
        control: with_generated(control, controllers=controller_tables()),
        index: with_generated(index, generated=thumbnails("thumbnails", "gallery.md")),
        readme: with_generated(readme, generated=f"{small_pictures}\n\n{type_table('docs/config.md')}"),
        **{DOCS / "api" / f"{name}.md": text for name, text in api_pages().items()},
    }


def is_current(path: Path, text: str) -> bool:
    """Tell whether a file contains `text`; in a picture, coordinates may differ by a fiftieth of a pixel."""
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
    THUMBNAILS.mkdir(exist_ok=True)
    for folder, expected in ((GALLERY, {path.stem for path in files}), (THUMBNAILS, set(registry))):
        strangers = sorted({path.with_suffix("").name for path in folder.iterdir()} - expected)
        if strangers:
            raise SystemExit(f"docs/{folder.name} has files without a type: {', '.join(strangers)}")
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
