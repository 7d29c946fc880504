"""A learning rate per optimizer and per part of a network, while saving and loading go on working.

SB3 writes one learning rate into every parameter group, and saves the groups as it made them. So the rates are set in
a hook that runs right before each step: a group is split there by what its parameters are to use, and joined again
right after. Optimizers keep their state per parameter, so a split changes nothing but the rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from torch import nn
from torch.optim import Optimizer

from lr_schedule.errors import ScheduleConfigError, did_you_mean

if TYPE_CHECKING:
    from torch.utils.hooks import RemovableHandle

SUFFIX = ".learning_rate"
"""What ends the name of a target that sets the learning rate of a part of the model."""

ACTOR = ("pi_features_extractor", "mlp_extractor.policy_net", "lstm_actor", "action_net", "log_std")
CRITIC = ("vf_features_extractor", "mlp_extractor.value_net", "lstm_critic", "critic", "value_net")
"""Parts of an actor-critic policy (A2C, PPO) that only the actor or only the critic uses."""


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
        """Let `part` have a rate of its own; of two parts with a parameter in common, the smaller has it."""
        self._parameters[part] = parameters
        self.rates[part] = float("nan")
        self._assign()
        if not self._handles:
            self._handles = [
                self.optimizer.register_step_pre_hook(lambda *_: self._split()),
                self.optimizer.register_step_post_hook(lambda *_: self._join()),
            ]

    def remove(self, part: str) -> None:
        """Let `part` have the rate of its optimizer again."""
        self._join()
        self._parameters.pop(part, None)
        self.rates.pop(part, None)
        self._assign()
        if not self._parameters:
            for handle in self._handles:
                handle.remove()
            self._handles = []

    def _assign(self) -> None:
        largest_first = sorted(self._parameters, key=lambda part: len(self._parameters[part]), reverse=True)
        self._part_of = {parameter: part for part in largest_first for parameter in self._parameters[part]}

    def _split(self) -> None:
        self._join()
        groups = []
        for group in self.optimizer.param_groups:
            parts: dict[str | None, list[nn.Parameter]] = {}
            for parameter in group["params"]:
                parts.setdefault(self._part_of.get(parameter), []).append(parameter)
            if len(parts) == 1:
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


_rates: WeakKeyDictionary[Optimizer, GroupRates] = WeakKeyDictionary()


@dataclass
class RatePlace:
    """The learning rate of a part of an optimizer."""

    part: str
    optimizer: Optimizer
    parameters: list[nn.Parameter]
    _rates: list[GroupRates] = field(default_factory=list)

    def attach(self) -> None:
        """Register the hooks."""
        self._rates = [_rates.get(self.optimizer) or _rates.setdefault(self.optimizer, GroupRates(self.optimizer))]
        self._rates[0].add(self.part, self.parameters)

    def write(self, value: Any) -> None:
        """Set the rate of the steps to come."""
        self._rates[0].rates[self.part] = float(value)

    def detach(self) -> None:
        """Remove the hooks."""
        if self._rates:
            rates = self._rates.pop()
            rates.remove(self.part)
            if not rates.rates:
                _rates.pop(self.optimizer, None)


def optimizers_of(model: Any) -> dict[str, Optimizer]:
    """Return the torch optimizers of a model, by the name that stands before ``.learning_rate``."""
    found = {
        "policy": getattr(getattr(model, "policy", None), "optimizer", None),
        "actor": getattr(getattr(model, "actor", None), "optimizer", None),
        "critic": getattr(getattr(model, "critic", None), "optimizer", None),
        "ent_coef": getattr(model, "ent_coef_optimizer", None),
    }
    return {name: optimizer for name, optimizer in found.items() if isinstance(optimizer, Optimizer)}


def rate_place(model: Any, name: str) -> RatePlace:
    """Return the place of ``<part>.learning_rate``, or raise the error that lists the parts that the model has."""
    part = name.removesuffix(SUFFIX)
    optimizers = optimizers_of(model)
    if part in optimizers:
        return RatePlace(part, optimizers[part], _held(optimizers[part]))
    modules = _parts_of_policy(model, part) or [_look_up(model, part)]
    optimizer = optimizers.get(part.split(".")[0], optimizers.get("policy"))
    held = {id(p) for p in _held(optimizer)} if optimizer is not None else set()
    parameters = [p for module in modules if module is not None for p in _parameters(module) if id(p) in held]
    if optimizer is None or not parameters:
        known = [f"{known}{SUFFIX}" for known in parts_of(model)]
        allowed = f" Allowed: {', '.join(known)}" if known else f" {type(model).__name__} has no torch optimizer"
        message = f"no part of the model that an optimizer trains{did_you_mean(name, known)}{allowed}"
        raise ScheduleConfigError.at((name,), name, message)
    return RatePlace(part, optimizer, parameters)


def _held(optimizer: Optimizer) -> list[nn.Parameter]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def parts_of(model: Any) -> list[str]:
    """Return the parts of a model that may have a learning rate of their own: optimizers, then named sub-modules."""
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
            if path and path.count(".") < 2 and any(id(p) in held for p in module.parameters()):
                yield f"{head}.{path}"


def _parts_of_policy(model: Any, part: str) -> list[Any]:
    """Return what an actor-critic policy with a single optimizer has under "actor" or "critic"."""
    if part not in ("actor", "critic") or hasattr(model, part) or not hasattr(model.policy, "mlp_extractor"):
        return []
    policy = model.policy
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
