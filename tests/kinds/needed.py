"""What each built-in type cannot do without."""

from __future__ import annotations

from typing import Any

from lr_schedule.config.registry import registry

BUILT_IN: dict[str, Any] = {name: cls for name, cls in sorted(registry.items()) if cls.is_built_in}
PART = {"type": "linear", "initial_value": 0.5}
NEEDED: dict[str, dict[str, Any]] = {
    "step": {"period_fraction": 0.25},
    "multi_step": {"milestone_fractions": [0.5]},
    "piecewise_constant": {"values": [0.5, 0.25], "milestone_fractions": [0.5]},
    "piecewise_linear": {"points": [[0.0, 0.5]]},
    "cosine_restarts": {"cycles": 2},
    "cyclic": {"peak_value": 0.5, "up_fraction": 0.25},
    "sequential": {"parts": [{**PART, "fraction": 1.0}]},
    "product": {"parts": [PART]},
    "repeat": {"schedule": PART},
    "delay": {"schedule": PART, "delay_fraction": 0.5},
    "clip": {"schedule": PART},
    "torch": {"scheduler": "ConstantLR", "total_steps": 10},
    "table": {"values": [0.5, 0.25], "total_steps": 1},
}
"""The keys that a type cannot do without."""
