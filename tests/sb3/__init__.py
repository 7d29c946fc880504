"""Tests of lr_schedule.sb3: real training, short, that records what was really used."""

from __future__ import annotations
