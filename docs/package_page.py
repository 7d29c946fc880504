"""The page of a release on a package index: links to the repository and the site, and a README whose links lead there.

A build reads both addresses from the environment, because a clone can have another home than the release:
`REPOSITORY_URL`, `SITE_URL`. Without them it builds the same package, with the README as it is and no links.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

CODE = r"```.*?```|`[^`]*`"
PICTURE = r"(?P<picture>!\[[^\]]*\]\()"
RELATIVE = rf"(?s){CODE}|(?:{PICTURE}|\]\()(?![a-z]+:|#)(?P<path>[^)\s]+)"


def with_absolute_links(text: str, repository: str, site: str, version: str) -> str:
    """Return Markdown whose relative links lead to one version of the repository, or to the site's page of a file."""

    def absolute(found: re.Match[str]) -> str:
        path = found["path"]
        page = re.fullmatch(r"docs/(?P<name>[^#]+?)(?:index)?\.md(?P<anchor>#.*)?", path or "")
        if path is None:
            return found[0]
        if page and site:
            return found[0].removesuffix(path) + f"{site}/{page['name'].rstrip('/')}/{page['anchor'] or ''}"
        kind = "raw" if found["picture"] else "blob"
        return found[0].removesuffix(path) + f"{repository}/{kind}/v{version}/{path}"

    return re.sub(RELATIVE, absolute, text)


def links(repository: str, site: str, version: str) -> dict[str, str]:
    """Return the links beside the description of a release, as far as the addresses are known."""
    found = {"Documentation": f"{site}/", "Playground": f"{site}/playground/"} if site else {}
    if repository:
        found["Source"] = repository
        found["Issues"] = f"{repository}/issues"
        found["Changelog"] = f"{repository}/blob/v{version}/CHANGELOG.md"
    return found


class PackagePage(MetadataHookInterface):
    """Fills `readme` and `urls` of the project's metadata."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set both keys; hatchling calls this for every build and every editable install."""
        repository, site = (os.environ.get(name, "").rstrip("/") for name in ("REPOSITORY_URL", "SITE_URL"))
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        if repository:
            text = with_absolute_links(text, repository, site, metadata["version"])
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        metadata["urls"] = links(repository, site, metadata["version"])
