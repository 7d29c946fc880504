"""The playground in a real browser, which runs lr_schedule in WebAssembly. Only ``make docs-test`` runs these tests."""

from __future__ import annotations
