"""One thread for torch, in this process and in those that tests start.

The networks here are small: several threads only get in each other's way, and train up to ten times slower.
"""

from __future__ import annotations

import os

from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("ci", derandomize=True)  # the same examples at every run; new ones are found while developing
if os.environ.get("CI"):
    settings.load_profile("ci")
