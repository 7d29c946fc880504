"""Hooks of mkdocs: pages of the site that show files of the repository, and highlighting of Python sessions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
COPIED = {
    "changelog.md": ("CHANGELOG.md", "What was added, changed and fixed in each version of lr_schedule."),
    "contributing.md": ("CONTRIBUTING.md", "How to contribute: the rules for code, tests and docs."),
}
"""Each page, the file that it shows, and its description."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Link the repository, if `REPOSITORY_URL` says where it is.

    The footer has the link. With `repo_url`, the theme asks the host of the repository for its stars on every visit.
    """
    if repository := os.environ.get("REPOSITORY_URL"):
        config.extra["social"] = [{"icon": "material/source-repository", "link": repository, "name": "Source code"}]
    return config


def copied(page: str) -> str:
    """Return the text of a page that shows a file, with a description and with links from the folder `docs`."""
    name, about = COPIED[page]
    text = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
    return f'---\ndescription: "{about}"\n---\n\n{text}'


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that show files of the repository."""
    for page in COPIED:
        files.append(File.generated(config, page, content=copied(page)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Mark blocks with prompts as sessions, so that the copy button can omit prompts and output."""
    return markdown.replace("```python\n>>> ", "```pycon\n>>> ")
