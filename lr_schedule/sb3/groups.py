"""Different numbers for parts of one optimizer, without any effect on saving and loading.

SB3 writes one learning rate into every parameter group, and saves the groups as it made them. So the numbers are set in
a hook right before each step, which splits a group by the numbers of its parameters. Another hook right after the step
joins the groups again. Optimizers have a state for each parameter, so a split changes only the numbers.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from lr_schedule.config.group_keys import LR, Group, GroupKey

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer
    from torch.utils.hooks import RemovableHandle


class Slot(NamedTuple):
    """One number of one part of an optimizer."""

    part: str
    key: GroupKey


class GroupValues:
    """The numbers of parts of one optimizer, set around each of its steps."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.values: dict[Slot, float] = {}
        self._parameters: dict[Slot, list[nn.Parameter]] = {}
        self._slots_of: dict[nn.Parameter, frozenset[Slot]] = {}
        self._handles: list[RemovableHandle] = []
        self._joined: list[Group] | None = None
        self._originals: list[tuple[Group, GroupKey, Any]] = []

    def add(self, slot: Slot, parameters: list[nn.Parameter]) -> None:
        """Give a part its own number; if two parts share a parameter, the number of the smaller part applies."""
        self._parameters[slot] = parameters
        # NaN until a value is written, so that a step without a value cannot go unnoticed.
        self.values[slot] = float("nan")
        self._assign()
        if not self._handles:
            self._handles = [
                self.optimizer.register_step_pre_hook(lambda *_: self._split()),
                self.optimizer.register_step_post_hook(lambda *_: self._join()),
            ]

    def remove(self, slot: Slot) -> None:
        """Give a part the number of its optimizer again."""
        self._join()
        self._parameters.pop(slot, None)
        self.values.pop(slot, None)
        self._assign()
        if not self._parameters:
            for handle in self._handles:
                handle.remove()
            self._handles = []

    def _assign(self) -> None:
        found: dict[nn.Parameter, dict[GroupKey, Slot]] = {}
        # A later part overwrites an earlier one, so the smallest comes last.
        for slot in sorted(self._parameters, key=lambda slot: len(self._parameters[slot]), reverse=True):
            for parameter in self._parameters[slot]:
                found.setdefault(parameter, {})[slot.key] = slot
        self._slots_of = {parameter: frozenset(slots.values()) for parameter, slots in found.items()}

    def _split(self) -> None:
        # After a step that raised an error, the groups are still split: torch then does not call the post hook.
        self._join()
        groups = []
        for group in self.optimizer.param_groups:
            pieces: dict[frozenset[Slot], list[nn.Parameter]] = {}
            for parameter in group["params"]:
                pieces.setdefault(self._slots_of.get(parameter, frozenset()), []).append(parameter)
            for slots, parameters in pieces.items():
                # A single piece is the group itself, not a copy: some optimizers count their steps in it.
                piece = group if len(pieces) == 1 else {**group, "params": parameters}
                for slot in slots:
                    self._set(piece, slot, is_copy=piece is not group)
                groups.append(piece)
        self._joined, self.optimizer.param_groups = self.optimizer.param_groups, groups

    def _set(self, piece: Group, slot: Slot, *, is_copy: bool) -> None:
        key, value = slot.key, self.values[slot]
        if is_copy:
            # A tensor is filled in place; the other pieces must not share it.
            piece[key.stem] = deepcopy(piece[key.stem])
        elif key != LR:  # SB3 sets the learning rate before each update
            self._originals.append((piece, key, deepcopy(key.read(piece))))
        key.write(piece, value)
        if key.stem == "momentum":
            self._make_momentum_buffers(piece["params"])

    def _make_momentum_buffers(self, parameters: list[nn.Parameter]) -> None:
        # RMSprop needs a buffer if momentum is above 0, but makes it only in its first step.
        for parameter in parameters:
            state = self.optimizer.state.get(parameter, {})
            if "square_avg" in state and "momentum_buffer" not in state:
                state["momentum_buffer"] = torch.zeros_like(parameter)

    def _join(self) -> None:
        # In reverse order, because two keys may be items of one tuple.
        while self._originals:
            group, key, original = self._originals.pop()
            held = key.read(group)
            if isinstance(held, torch.Tensor):
                held.copy_(original)
            else:
                key.write(group, original)
        if self._joined is not None:
            self.optimizer.param_groups, self._joined = self._joined, None
