"""The parts of a model that can have separate numbers, such as a learning rate: optimizers and parts of networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.optim import Optimizer

from lr_schedule.config.group_keys import LR, NOT_NUMBERS, GroupKey, find_key, numbers_in
from lr_schedule.errors import ScheduleConfigError, did_you_mean
from lr_schedule.sb3.groups import GroupValues, Slot
from lr_schedule.sb3.optimizer_keys import LEARNING_RATE, SUFFIX, PartKey
from lr_schedule.sb3.session import Session, session_of

ACTOR = ("pi_features_extractor", "mlp_extractor.policy_net", "lstm_actor", "action_net", "log_std")
CRITIC = ("vf_features_extractor", "mlp_extractor.value_net", "lstm_critic", "critic", "value_net")
"""Parts of an actor-critic policy (A2C, PPO) that only the actor or only the critic uses."""


@dataclass
class GroupPlace:
    """A number of a part of an optimizer.

    Args:
        slot: The part and the key in the param groups.
        optimizer: The optimizer that trains the part.
        parameters: The parameters of the optimizer that belong to the part.
        session: The session of the model, which the parts of one optimizer share.
    """

    slot: Slot
    optimizer: Optimizer
    parameters: list[nn.Parameter]
    session: Session
    _held: GroupValues | None = None

    def attach(self) -> None:
        """Register the hooks."""
        self._held = self.session.values_of(self.optimizer)
        self._held.add(self.slot, self.parameters)

    def write(self, value: Any) -> None:
        """Set the number for the next steps."""
        self._held.values[self.slot] = float(value)  # type: ignore[union-attr]  # a place is attached first

    def detach(self) -> None:
        """Remove the hooks."""
        if self._held is None:
            return
        self._held.remove(self.slot)
        if not self._held.values:
            self.session.group_values.pop(self.optimizer, None)
        self._held = None


def optimizers_of(model: Any) -> dict[str, Optimizer]:
    """Return the torch optimizers of a model, by the name before ``.learning_rate`` and other keys."""
    found = {
        "policy": getattr(getattr(model, "policy", None), "optimizer", None),
        "actor": getattr(getattr(model, "actor", None), "optimizer", None),
        "critic": getattr(getattr(model, "critic", None), "optimizer", None),
        "ent_coef": getattr(model, "ent_coef_optimizer", None),
    }
    return {name: optimizer for name, optimizer in found.items() if isinstance(optimizer, Optimizer)}


def group_place(model: Any, target: PartKey) -> GroupPlace:
    """Return the place of ``<part>.<key>``, or raise an error that lists the allowed parts or keys."""
    part, name = target.part, ".".join(target)
    optimizers = optimizers_of(model)
    if part in optimizers:
        optimizer: Optimizer | None = optimizers[part]
        parameters = _held(optimizers[part])
    else:
        modules = _parts_of_policy(model, part) or [_look_up(model, part)]
        optimizer = optimizers.get(part.split(".")[0], optimizers.get("policy"))
        # By identity, because == compares the values of two tensors.
        held = {id(p) for p in _held(optimizer)} if optimizer is not None else set()
        parameters = [p for module in modules if module is not None for p in _parameters(module) if id(p) in held]
    if optimizer is None or not parameters:
        known = [f"{known}.{target.key}" for known in parts_of(model)]
        allowed = f" Allowed: {', '.join(known)}" if known else f" {type(model).__name__} has no torch optimizer"
        message = f"no part of the model that an optimizer trains{did_you_mean(name, known)}{allowed}"
        raise ScheduleConfigError.at((name,), name, message)
    return GroupPlace(Slot(part, _key_of(optimizer, target)), optimizer, parameters, session_of(model))


def _key_of(optimizer: Optimizer, target: PartKey) -> GroupKey:
    if target.key == LEARNING_RATE:
        return LR
    name, groups = ".".join(target), optimizer.param_groups
    known = [key for key in numbers_in(groups[0]) if key != LR.name]
    if target.stem not in groups[0] or target.stem in (LR.name, *NOT_NUMBERS):
        names = [f"{target.part}.{key}" for key in (LEARNING_RATE, *known)]
        hint = did_you_mean(f"{target.part}{SUFFIX}" if target.stem == LR.name else name, names)
        message = f"{type(optimizer).__name__} has no such number{hint} Allowed: {', '.join(names)}"
        raise ScheduleConfigError.at((name,), name, message)
    return find_key(target.key, groups, (name,))


def _held(optimizer: Optimizer) -> list[nn.Parameter]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def parts_of(model: Any) -> list[str]:
    """Return the parts of a model that can have separate numbers: optimizers, then named sub-modules."""
    return list(dict.fromkeys(_parts_of(model)))


def _parts_of(model: Any) -> Iterator[str]:
    optimizers = optimizers_of(model)
    yield from optimizers
    if "policy" in optimizers:
        yield from (name for name in ("actor", "critic") if _parts_of_policy(model, name))
    for head, optimizer in optimizers.items():
        held = {id(p) for p in _held(optimizer)}
        owner = getattr(model, head, None)
        for path, module in owner.named_modules() if isinstance(owner, nn.Module) else ():
            # Two levels are enough for a list in a message; a deeper path works as well.
            if path and path.count(".") < 2 and any(id(p) in held for p in module.parameters()):
                yield f"{head}.{path}"


def _parts_of_policy(model: Any, part: str) -> list[Any]:
    """Return the "actor" or "critic" part of an actor-critic policy with a single optimizer."""
    if part not in ("actor", "critic") or hasattr(model, part) or not hasattr(model.policy, "mlp_extractor"):
        return []
    policy = model.policy
    # A shared features extractor belongs to neither, because its gradient comes from both losses.
    shared = getattr(policy, "share_features_extractor", True)
    names = {"actor": ACTOR, "critic": CRITIC}[part]
    found = [_look_up(policy, name) for name in names if not (shared and name.endswith("features_extractor"))]
    return [item for item in found if item is not None]


def _look_up(owner: Any, path: str) -> Any:
    for name in path.split("."):
        owner = getattr(owner, name, None)
    return owner if isinstance(owner, (nn.Module, nn.Parameter)) else None


def _parameters(item: nn.Module | nn.Parameter) -> list[nn.Parameter]:
    return [item] if isinstance(item, nn.Parameter) else list(item.parameters())
