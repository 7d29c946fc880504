"""The command line, a file for each command."""

from __future__ import annotations
