"""Which parts of a model may have a learning rate of their own: its optimizers, and parts of its networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.optim import Optimizer

from lr_schedule.errors import ScheduleConfigError, did_you_mean
from lr_schedule.sb3.groups import GroupRates
from lr_schedule.sb3.session import Session, session_of

SUFFIX = ".learning_rate"
"""What ends the name of a target that sets the learning rate of a part of the model."""

ACTOR = ("pi_features_extractor", "mlp_extractor.policy_net", "lstm_actor", "action_net", "log_std")
CRITIC = ("vf_features_extractor", "mlp_extractor.value_net", "lstm_critic", "critic", "value_net")
"""Parts of an actor-critic policy (A2C, PPO) that only the actor or only the critic uses."""


@dataclass
class RatePlace:
    """The learning rate of a part of an optimizer.

    Args:
        part: Its name, which stands before ``.learning_rate``.
        optimizer: What trains it.
        parameters: Those of the optimizer's parameters that belong to it.
        session: The session of the model, where the parts of one optimizer find each other.
    """

    part: str
    optimizer: Optimizer
    parameters: list[nn.Parameter]
    session: Session
    _rates: GroupRates | None = None

    def attach(self) -> None:
        """Register the hooks."""
        self._rates = self.session.rates_of(self.optimizer)
        self._rates.add(self.part, self.parameters)

    def write(self, value: Any) -> None:
        """Set the rate of the steps to come."""
        self._rates.rates[self.part] = float(value)  # type: ignore[union-attr]  # a place is attached first

    def detach(self) -> None:
        """Remove the hooks."""
        if self._rates is None:
            return
        self._rates.remove(self.part)
        if not self._rates.rates:
            self.session.rates.pop(self.optimizer, None)
        self._rates = None


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
        return RatePlace(part, optimizers[part], _held(optimizers[part]), session_of(model))
    modules = _parts_of_policy(model, part) or [_look_up(model, part)]
    optimizer = optimizers.get(part.split(".")[0], optimizers.get("policy"))
    # By identity: == of two tensors compares what they hold.
    held = {id(p) for p in _held(optimizer)} if optimizer is not None else set()
    parameters = [p for module in modules if module is not None for p in _parameters(module) if id(p) in held]
    if optimizer is None or not parameters:
        known = [f"{known}{SUFFIX}" for known in parts_of(model)]
        allowed = f" Allowed: {', '.join(known)}" if known else f" {type(model).__name__} has no torch optimizer"
        message = f"no part of the model that an optimizer trains{did_you_mean(name, known)}{allowed}"
        raise ScheduleConfigError.at((name,), name, message)
    return RatePlace(part, optimizer, parameters, session_of(model))


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
            # Two levels are enough for a list that a person reads; a deeper path works as well.
            if path and path.count(".") < 2 and any(id(p) in held for p in module.parameters()):
                yield f"{head}.{path}"


def _parts_of_policy(model: Any, part: str) -> list[Any]:
    """Return what an actor-critic policy with a single optimizer has under "actor" or "critic"."""
    if part not in ("actor", "critic") or hasattr(model, part) or not hasattr(model.policy, "mlp_extractor"):
        return []
    policy = model.policy
    # A features extractor that actor and critic share belongs to neither: its gradient comes from both losses.
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
