"""The promises of the package, in the shape of the package."""

from __future__ import annotations
