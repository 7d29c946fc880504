"""Our curves equal those that people trust."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import yaml
from fvcore.common import param_scheduler
from optax import schedules
from torch.optim import lr_scheduler
from transformers import SchedulerType

from lr_schedule import BaseLRSchedule
from tests.oracles import LIBRARIES, ORACLES, Oracle, torch_schedulers
from tests.oracles.keras_schedules import schedules as keras_schedules

PAGE = Path(__file__).parent.parent / "docs" / "coming-from.md"


def ours(oracle: Oracle) -> BaseLRSchedule:
    return BaseLRSchedule.create(yaml.safe_load(oracle.row.config), total_steps=oracle.row.total_steps)


def progress_at(oracle: Oracle) -> list[float]:
    return [1.0 - step / oracle.row.total_steps for step in range(oracle.row.last + 1)]


def assert_same(values: np.ndarray, originals: np.ndarray) -> None:
    """Compare to 9 digits; where ours is 0, the original, which sums up a wave, may miss 0 by a rounding."""
    np.testing.assert_allclose(values[values != 0.0], originals[values != 0.0], rtol=1e-9, atol=0.0)
    np.testing.assert_allclose(originals[values == 0.0], 0.0, rtol=0.0, atol=1e-16)


def name(oracle: Oracle) -> str:
    return f"{oracle.library.split('.')[0]}-{oracle.row.call}"


@pytest.mark.parametrize("oracle", ORACLES, ids=name)
def test_a_curve_has_the_values_of_the_original_at_every_step(oracle: Oracle) -> None:
    originals = np.array(oracle.values(oracle.row.call, oracle.row.last))
    assert originals.shape == (oracle.row.last + 1,)
    schedule = ours(oracle)
    assert_same(np.array([schedule(p) for p in progress_at(oracle)]), originals)
    assert_same(schedule(np.array(progress_at(oracle))), originals)


def names_in_table(library: str) -> set[str]:
    calls = " ".join(oracle.row.call for oracle in ORACLES if oracle.library == library)
    return set(re.findall(r"\w+", calls))


def schedules_of_torch() -> set[str]:
    return set(lr_scheduler.__all__) - {"LRScheduler", "ReduceLROnPlateau"}


def schedules_of_optax() -> set[str]:
    functions = {name for name, member in vars(schedules).items() if inspect.isfunction(member)}
    return functions - {"inject_hyperparams", "inject_stateful_hyperparams"}


def schedules_of_keras() -> set[str]:
    classes = {name for name, member in vars(keras_schedules).items() if inspect.isclass(member)}
    return classes - {"LearningRateSchedule"}


def schedules_of_fvcore() -> set[str]:
    return set(param_scheduler.__all__) - {"ParamScheduler"}


def schedules_of_transformers() -> set[str]:
    return {kind.value for kind in SchedulerType} - {"reduce_lr_on_plateau", "greedy"}


@pytest.mark.parametrize(
    ("library", "expected"),
    [
        ("torch.optim.lr_scheduler", schedules_of_torch()),
        ("optax.schedules", schedules_of_optax()),
        ("keras.optimizers.schedules", schedules_of_keras()),
        ("fvcore.common.param_scheduler", schedules_of_fvcore()),
        ("transformers.get_scheduler", schedules_of_transformers()),
        ("stable_baselines3.common.utils", {"ConstantSchedule", "LinearSchedule", "FloatSchedule"}),
    ],
)
def test_every_schedule_of_a_library_that_follows_the_step_is_in_the_table(library: str, expected: set[str]) -> None:
    assert len(expected) > 2
    assert expected - names_in_table(library) == set()


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.LIBRARY)
def test_the_page_for_those_who_come_from_a_library_holds_the_rows_that_were_compared(library: ModuleType) -> None:
    page = PAGE.read_text(encoding="utf-8")
    section = page.split(f"| `{library.LIBRARY}` | lr_schedule | differences |\n|---|---|---|\n")[1].split("\n\n")[0]
    assert section.splitlines() == [f"| `{row.call}` | `{row.config}` | {row.differs} |" for row in library.ROWS]


def test_where_torch_climbs_again_ours_holds() -> None:
    originals = torch_schedulers.values("CosineAnnealingLR(optimizer, T_max=400, eta_min=0.001)", 1000)
    schedule = BaseLRSchedule.create(
        {"type": "cosine", "initial_value": 0.1, "final_value": 0.001, "end_fraction": 0.4}
    )
    assert originals[800] == pytest.approx(0.1)
    assert {schedule(1.0 - step / 1000) for step in range(400, 1001)} == {0.001}


def test_where_torch_extrapolates_one_cycle_below_zero_ours_holds() -> None:
    call = "OneCycleLR(optimizer, max_lr=0.1, total_steps=1000, anneal_strategy='linear')"
    schedule = BaseLRSchedule.create({"type": "one_cycle", "initial_value": 0.1, "shape": "linear"})
    assert torch_schedulers.values(call, 1000)[1000] < 0.0
    assert schedule(1.0 - 1000 / 999) == schedule(0.0) == pytest.approx(0.1 / 25 / 10_000, rel=1e-12)


def test_a_function_of_progress_stands_for_any_function_that_lambda_lr_takes() -> None:
    originals = torch_schedulers.values("LambdaLR(optimizer, lambda step: 0.9 ** (step // 30) + step % 7)", 1000)
    schedule = BaseLRSchedule.create(lambda p: 0.1 * (0.9 ** (round((1 - p) * 1000) // 30) + round((1 - p) * 1000) % 7))
    np.testing.assert_allclose([schedule(1 - step / 1000) for step in range(1001)], originals, rtol=1e-12, atol=0.0)
