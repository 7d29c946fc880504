"""One formula for floats and arrays."""

from __future__ import annotations
