"""The schedules that people trust, each with the config of ours that is the same curve."""

from __future__ import annotations

from tests.oracles import (
    cerebras,
    deepmd,
    fairseq,
    fvcore_schedulers,
    keras_schedules,
    optax_schedules,
    pytorch_optimizer_schedulers,
    rllib,
    sb3_schedules,
    timm_schedulers,
    torch_schedulers,
    transformers_schedulers,
)
from tests.oracles.table import TOTAL_STEPS, Oracle, Row

LIBRARIES = [
    torch_schedulers,
    optax_schedules,
    keras_schedules,
    fvcore_schedulers,
    transformers_schedulers,
    sb3_schedules,
    rllib,
    timm_schedulers,
    deepmd,
    cerebras,
    fairseq,
    pytorch_optimizer_schedulers,
]

ORACLES = [Oracle(library.LIBRARY, row, library.values) for library in LIBRARIES for row in library.ROWS]

__all__ = ["LIBRARIES", "ORACLES", "TOTAL_STEPS", "Oracle", "Row"]
