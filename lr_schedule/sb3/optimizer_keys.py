"""Names of targets ``<part>.<key>``: a number that the optimizer of a part of the model reads in each step."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from lr_schedule.config.group_keys import NAME
from lr_schedule.control.ranges import ANY, FRACTION, NOT_NEGATIVE, Range
from lr_schedule.fields import NumberRule

LEARNING_RATE = "learning_rate"
SUFFIX = f".{LEARNING_RATE}"
"""End of the name of a target that sets the learning rate of a part of the model."""

BELOW_1 = Range(Annotated[float, NumberRule(ge=0, lt=1)])
"""Adam divides by the difference of its betas from 1."""

RANGES = {
    LEARNING_RATE: NOT_NEGATIVE,
    "weight_decay": NOT_NEGATIVE,
    "momentum": NOT_NEGATIVE,
    "dampening": ANY,
    "betas": BELOW_1,
    "eps": NOT_NEGATIVE,
    "alpha": FRACTION,
    "rho": FRACTION,
    "lambd": NOT_NEGATIVE,
    "lr_decay": NOT_NEGATIVE,
    "momentum_decay": NOT_NEGATIVE,
    **dict.fromkeys(("b1", "b2"), BELOW_1),  # of optax, which SBX uses
    **dict.fromkeys(("eps_root", "decay"), NOT_NEGATIVE),
}
"""The names of numbers in the optimizers of torch and optax, and their ranges."""


class PartKey(NamedTuple):
    """A part of the model and a number of its optimizer, from the name of a target."""

    part: str
    key: str

    @property
    def stem(self) -> str:
        """The key without the index of an item."""
        found = NAME.fullmatch(self.key)
        return found[1] if found else self.key

    @property
    def allowed(self) -> Range:
        """The range of the number; in a user's optimizer, any value may be valid."""
        return RANGES.get(self.stem, ANY)

    @property
    def is_usual(self) -> bool:
        """Whether an optimizer of torch or optax has such a number."""
        return self.stem in RANGES


def split(name: Any) -> PartKey | None:
    """Return the part and the key in the name of a target, or None if the name has no dot."""
    part, dot, key = name.rpartition(".") if isinstance(name, str) else ("", "", "")
    return PartKey(part, key) if dot else None
