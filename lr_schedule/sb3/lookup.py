"""Find the target with a name, and explain a name without a target."""

from __future__ import annotations

from functools import partial
from typing import Any

from lr_schedule.control.ranges import ANY
from lr_schedule.errors import ScheduleConfigError, did_you_mean
from lr_schedule.sb3 import algorithms, environments, injected, optimizer_keys, parts
from lr_schedule.sb3.names import MADE_WITH, OTHER_NAMES, SBX_COMPILED, hint
from lr_schedule.sb3.optimizer_keys import PartKey
from lr_schedule.sb3.places import Place
from lr_schedule.sb3.targets import TARGETS, Target

WITH_OPTIMIZERS = tuple(name for name in algorithms.ALL if name != "ARS")
OPTIMIZED = ("actor", "critic", "ent_coef", "policy")
"""The first names in the paths to the parts of a model."""

OTHERS = (
    f"<part>{optimizer_keys.SUFFIX}, <part>.weight_decay, <part>.betas[0] and other numbers of an optimizer, "
    f"{environments.PREFIX}<attribute>, {environments.PREFIX}<method>()"
)

SURE = 0.8
"""Similarity above which an unknown key of an optimizer counts as a misspelled common one."""


def targets_of(algorithm: str) -> list[str]:
    """Return the names of the targets of an algorithm, without those of parts of the model."""
    return [name for name, target in TARGETS.items() if algorithm in target.algorithms]


def target_named(name: Any) -> Target | None:
    """Return the target with a name, or None if no algorithm has such a target."""
    if isinstance(name, str) and name in TARGETS:
        return TARGETS[name]
    if isinstance(name, str) and name.startswith(environments.PREFIX):
        return Target(
            name, algorithms.ALL, ANY, partial(_place_of_environments, name), read_while_collecting=algorithms.ALL
        )
    of_part = optimizer_keys.split(name)
    if of_part is None or not _is_of_optimizer(of_part):
        return None
    return Target(name, WITH_OPTIMIZERS, of_part.allowed, partial(_place_of_part, of_part))


def _is_of_optimizer(target: PartKey) -> bool:
    if target.is_usual:
        return True
    # A user's optimizer may have any key, but a key that is similar to a common one is a mistake.
    is_mistake = did_you_mean(target.stem, (*optimizer_keys.RANGES, "lr"), likeness=SURE) != "."
    return target.part.split(".")[0] in OPTIMIZED and not is_mistake


def _place_of_environments(name: str, model: Any) -> list[Place]:
    return [environments.find_place(model, name)]


def _place_of_part(target: PartKey, model: Any) -> list[Place]:
    algorithm = algorithms.name_of(type(model))
    if algorithm in algorithms.SBX:
        return [injected.injected_place(model, algorithm, target)]
    return [parts.group_place(model, target)]


def require_known(name: Any) -> None:
    """Raise ScheduleConfigError if no algorithm has a target called `name`."""
    if target_named(name) is None:
        problem = "no schedule can set it." if _is_parameter(name) else f"unknown target{_hint(name, list(TARGETS))}"
        if name in MADE_WITH:
            problem = f"fixed when a model is made: {MADE_WITH[name]}."
        message = f"{problem} Allowed: {', '.join(TARGETS)}, {OTHERS}"
        raise ScheduleConfigError.at((str(name),), name, message)


def find(name: Any, algorithm: str, model: Any = None) -> Target:
    """Return the target called `name`, or raise an error that lists the targets of `algorithm`.

    Args:
        name: Name of a target, ``<part>.<key>``, or one of the environments.
        algorithm: Name of the algorithm.
        model: The model; if it is given, the error lists its parts too.
    """
    target = target_named(name)
    if target is not None and algorithm in target.algorithms:
        return target
    if name == optimizer_keys.LEARNING_RATE:
        message = f"{algorithm} builds its optimizers with lr_schedule(1) and never changes the learning rate"
        raise ScheduleConfigError.at((name,), name, message)
    of_parts = [part + optimizer_keys.SUFFIX for part in parts.parts_of(model)] if model is not None else []
    known = targets_of(algorithm) + of_parts
    message = f"{_problem_with(name, algorithm, known, model)} Allowed for {algorithm}: {', '.join(known)}"
    raise ScheduleConfigError.at((str(name),), name, message)


def _problem_with(name: Any, algorithm: str, known: list[str], model: Any) -> str:
    if name in SBX_COMPILED and algorithm in algorithms.SBX:
        return f"{algorithm} compiles {SBX_COMPILED[name]}."
    if target_named(name) is not None:
        return f"{algorithm} has no such target."
    cls = algorithms.find(algorithm) if model is None else type(model)
    if name not in OTHER_NAMES and name in algorithms.parameters_of(cls):
        why = f": {MADE_WITH[name]}" if name in MADE_WITH else "; no schedule can set it"
        return f"fixed when a model of {algorithm} is made{why}."
    return f"unknown target{_hint(name, known)}"


def _hint(name: Any, known: list[str]) -> str:
    of_part = optimizer_keys.split(name)
    if of_part is None:
        return hint(name, known)
    near = [f"{of_part.part}.{key}" for key in optimizer_keys.RANGES] if of_part.part.split(".")[0] in OPTIMIZED else []
    meant = f"{of_part.part}{optimizer_keys.SUFFIX}" if of_part.key == "lr" else name
    return hint(meant, [*known, *near])


def _is_parameter(name: Any) -> bool:
    """Tell whether an installed algorithm has a parameter of that name."""
    return any(name in algorithms.parameters_of(cls) for cls in algorithms.installed()) and name not in OTHER_NAMES
