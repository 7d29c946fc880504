"""What a comparison promises: its statistics, its queue, its command."""

from __future__ import annotations
