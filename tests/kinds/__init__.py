"""The values of every kind of schedule."""

from __future__ import annotations
