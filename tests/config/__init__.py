"""What a user writes: configs, their mistakes, and types of one's own."""

from __future__ import annotations
