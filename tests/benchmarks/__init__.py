"""What is measured, beside the alternatives."""

from __future__ import annotations
