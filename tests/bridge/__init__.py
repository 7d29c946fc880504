"""Schedules of steps as schedules of progress, and back."""

from __future__ import annotations
