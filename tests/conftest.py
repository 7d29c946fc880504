"""One thread for torch, in this process and in those that tests start, and long tests before short ones.

The networks here are small: several threads only get in each other's way, and train up to ten times slower.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("ci", derandomize=True)  # the same examples at every run; new ones are found while developing
if os.environ.get("CI"):
    settings.load_profile("ci")

LONG = ("tests/zoo/test_commands_in_docs.py", "tests/test_values_in_examples.py", "tests/sb3/test_sbx.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
