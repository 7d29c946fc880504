"""Hooks of mkdocs: pages of the site made from files of the repository, and Python sessions shown as such."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
COPIED = {
    "changelog.md": ("CHANGELOG.md", "What changed in each version of lr_schedule."),
    "contributing.md": ("CONTRIBUTING.md", "How to change lr_schedule, its tests and its docs."),
}
"""Each page, the file that it shows, and its description."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Link the repository, if `REPOSITORY_URL` says where it is.

    The footer has the link. With `repo_url`, the theme asks the host of the repository for its stars on every visit.
    """
    if repository := os.environ.get("REPOSITORY_URL"):
        config.extra["social"] = [{"icon": "material/source-repository", "link": repository, "name": "Source code"}]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, with links that are relative to the folder of the docs."""
    for page, (name, about) in COPIED.items():
        text = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
        files.append(File.generated(config, page, content=f"---\ndescription: {about}\n---\n\n{text}"))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Mark blocks with prompts as sessions, so that the copy button can leave prompts and output out."""
    return markdown.replace("```python\n>>> ", "```pycon\n>>> ")
