"""Learning rates of parts of one optimizer, while saving and loading go on working.

SB3 writes one learning rate into every parameter group, and saves the groups as it made them. So the rates are set in
a hook that runs right before each step: a group is split there by what its parameters are to use, and joined again
right after. Optimizers keep their state per parameter, so a split changes nothing but the rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer
    from torch.utils.hooks import RemovableHandle


class GroupRates:
    """The learning rates of parts of one optimizer, set around each of its steps."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.rates: dict[str, float] = {}
        self._parameters: dict[str, list[nn.Parameter]] = {}
        self._part_of: dict[nn.Parameter, str] = {}
        self._handles: list[RemovableHandle] = []
        self._joined: list[dict[str, Any]] | None = None

    def add(self, part: str, parameters: list[nn.Parameter]) -> None:
        """Give `part` a rate of its own; of two parts with a parameter in common, the smaller one has it."""
        self._parameters[part] = parameters
        # NaN until a value is written: a step with a rate that nobody has set must not pass for training.
        self.rates[part] = float("nan")
        self._assign()
        if not self._handles:
            self._handles = [
                self.optimizer.register_step_pre_hook(lambda *_: self._split()),
                self.optimizer.register_step_post_hook(lambda *_: self._join()),
            ]

    def remove(self, part: str) -> None:
        """Give `part` the rate of its optimizer again."""
        self._join()
        self._parameters.pop(part, None)
        self.rates.pop(part, None)
        self._assign()
        if not self._parameters:
            for handle in self._handles:
                handle.remove()
            self._handles = []

    def _assign(self) -> None:
        # A later part overwrites an earlier one, so the smallest has the last word.
        largest_first = sorted(self._parameters, key=lambda part: len(self._parameters[part]), reverse=True)
        self._part_of = {parameter: part for part in largest_first for parameter in self._parameters[part]}

    def _split(self) -> None:
        # A step that raised has left the groups split, as torch calls the post hook after a whole step only.
        self._join()
        groups = []
        for group in self.optimizer.param_groups:
            parts: dict[str | None, list[nn.Parameter]] = {}
            for parameter in group["params"]:
                parts.setdefault(self._part_of.get(parameter), []).append(parameter)
            if len(parts) == 1:
                # The group itself and no copy: some optimizers count their steps in it.
                part = next(iter(parts))
                group["lr"] = group["lr"] if part is None else self.rates[part]
                groups.append(group)
                continue
            for part, parameters in parts.items():
                rate = group["lr"] if part is None else self.rates[part]
                groups.append({**group, "params": parameters, "lr": rate})
        self._joined, self.optimizer.param_groups = self.optimizer.param_groups, groups

    def _join(self) -> None:
        if self._joined is not None:
            self.optimizer.param_groups, self._joined = self._joined, None
