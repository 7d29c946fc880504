"""What the tests against all libraries share: the code blocks of a library's page are run as they stand there."""

from __future__ import annotations

from typing import Any

from tests.environments import ROOT
from tests.pages import blocks_of


def run_page(library: str, **names: Any) -> dict[str, Any]:
    """Run the Python blocks of the page of a library, one after another, and return the names that they leave.

    Args:
        library: The library; its page is ``docs/libraries/<library>.md``.
        **names: What the page takes for granted, such as the environment of the reader.
    """
    page = f"docs/libraries/{library}.md"
    namespace = {"__name__": page, **names}
    for language, text, line in blocks_of(page):
        if language == "python":
            # As many empty lines before it as there are before it on the page, for the line numbers of errors.
            exec(compile("\n" * (line - 1) + text, str(ROOT / page), "exec"), namespace)
    return namespace
