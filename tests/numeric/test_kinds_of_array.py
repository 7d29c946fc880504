"""Arrays of every kind: their masks and gradients stay, and what cannot be computed with is refused by name."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
import torch

from lr_schedule import BaseLRSchedule
from tests.cases import CASES, Case

create = BaseLRSchedule.create
BY_NAME = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@BY_NAME
def test_a_masked_array_keeps_its_mask_and_its_other_values(case: Case) -> None:
    schedule: Any = create(case.config)
    data, mask = np.array([[np.nan, 0.5, 0.25], [0.0, 1.0, 7.0]]), np.array([[1, 0, 0], [0, 0, 1]], bool)
    values = schedule(np.ma.array(data, mask=mask))
    assert isinstance(values, np.ma.MaskedArray)
    assert values.mask.tolist() == mask.tolist()
    assert values.dtype == np.float64
    assert values[~mask].tolist() == schedule(data[~mask]).tolist()


def test_the_mask_of_the_values_is_a_mask_of_their_own_and_without_one_there_is_none() -> None:
    schedule: Any = create("cosine_warmup_1")
    progress = np.ma.array([0.25, 0.5], mask=[True, False])
    schedule(progress)[1] = np.ma.masked
    assert progress.mask.tolist() == [True, False]
    assert schedule(np.ma.array([0.25, 0.5])).mask is np.ma.nomask
    with pytest.raises(ValueError, match="NaN"):
        schedule(np.ma.array([np.nan, 0.5], mask=[False, True]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: torch.tensor([0.5, 0.0]).to_sparse(), "must be dense, not torch.sparse_coo"),
        (lambda: torch.tensor([[0.5, 0.0]]).to_sparse_csr(), "must be dense, not torch.sparse_csr"),
        (lambda: torch.tensor([0.5]).to(torch.float8_e4m3fn), "must have 16 bits or more per value, not torch.float8"),
        (lambda: torch.full((3,), 0.5, device="meta"), "must contain values; one on the device meta has none"),
        (lambda: torch.nested.nested_tensor([torch.tensor([0.5])]), "must not be a nested tensor"),
        (lambda: torch.tensor([1, 0]), "must contain floats, not torch.int64"),
        (lambda: torch.tensor([True]), "must contain floats, not torch.bool"),
        (lambda: torch.tensor([1j]), "must contain floats, not torch.complex64"),
    ],
    ids=["sparse", "sparse rows", "float8", "meta", "nested", "int", "bool", "complex"],
)
@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors", "ignore:Sparse CSR tensor support")
def test_a_tensor_that_cannot_be_computed_with_is_a_type_error_that_says_why(make: Any, message: str) -> None:
    for config in (0.5, "lin_1", "cosine_warmup_1", {"type": "clip", "schedule": lambda p: p}):
        schedule: Any = create(config)
        with pytest.raises(TypeError, match=message):
            schedule(make())


def gradient(schedule: Any, progress: list[float]) -> list[float]:
    asked = torch.tensor(progress, dtype=torch.float64, requires_grad=True)
    schedule(asked).sum().backward()
    assert asked.grad is not None
    return asked.grad.tolist()


@BY_NAME
def test_a_gradient_agrees_with_differences_and_is_a_number_at_both_ends(case: Case) -> None:
    schedule = create(case.config)
    points = [p for p in (0.9, 0.7, 0.44, 0.31, 0.06) if all(abs(1 - p - joint) > 1e-3 for joint in case.joints)]
    expected = [(schedule(p + 1e-6) - schedule(p - 1e-6)) / 2e-6 for p in points]
    assert gradient(schedule, points) == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert np.isfinite(gradient(schedule, [1.0])).all()
    steep = {"polynomial upwards"}
    assert np.isfinite(gradient(schedule, [0.0])).all() or case.name in steep
    assert not np.isnan(gradient(schedule, [0.0, 0.5, 1.0])).any()


@pytest.mark.parametrize("kind", ["cosine", "polynomial"])
@pytest.mark.parametrize("keys", [{"k": 2}, {"k": 3}, {}])
@pytest.mark.parametrize("ends", [(0.0, 1.0), (1.0, 0.0), (0.5, 0.25)])
def test_a_decay_has_the_gradient_of_its_formula_at_both_ends(
    kind: str, keys: dict[str, Any], ends: tuple[float, float]
) -> None:
    schedule = create({"type": kind, "initial_value": ends[0], "final_value": ends[1], **keys})
    first = 2 * (ends[0] - ends[1]) if kind == "polynomial" and not keys else 0.0
    assert gradient(schedule, [1.0, 0.0]) == pytest.approx([first, 0.0], rel=1e-12, abs=1e-12)
    in_jax = [float(jax.grad(schedule)(jax.numpy.asarray(p))) for p in (1.0, 0.0)]
    assert in_jax == pytest.approx([first, 0.0], rel=1e-5, abs=1e-6)


def test_a_level_curve_has_the_gradient_zero() -> None:
    for config in (0.5, {"type": "multi_step", "milestone_fractions": [0.5]}, {"type": "table", "values": [1, 2, 3]}):
        cfg: Any = {**config, "total_steps": 2} if isinstance(config, dict) and config["type"] == "table" else config
        assert gradient(create(cfg), [1.0, 0.3, 0.0]) == [0.0, 0.0, 0.0]
    schedule: Any = create(0.5)
    assert not schedule(torch.tensor([0.5])).requires_grad
    assert gradient(schedule, [float("inf"), -3.0]) == [0.0, 0.0]
