"""A model that another Python has saved."""

from __future__ import annotations
