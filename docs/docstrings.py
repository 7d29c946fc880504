"""An extension of mkdocstrings: shows the section ``Example:`` of a docstring as code, as it does ``Examples:``."""

import re
from typing import Any

import griffe


class Examples(griffe.Extension):
    """Reads ``Example:`` as ``Examples:``."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rename the section in the docstring of one object."""
        if obj.docstring:
            obj.docstring.value = re.sub(r"^Example:$", "Examples:", obj.docstring.value, flags=re.MULTILINE)
