"""The Zoo's hyperparameter files and its command line."""

from __future__ import annotations
