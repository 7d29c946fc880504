"""Schedules in the optimizers of torch."""

from __future__ import annotations
