"""Arrays of progress: the same formula, and the kind, dtype, shape and device of what was handed over."""

from __future__ import annotations

import math
import operator
import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from lr_schedule import BaseLRSchedule, CosineAnnealingLRSchedule, LinearLRSchedule
from tests.cases import CASES, Case

BY_NAME = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
PROGRESS = np.concatenate([np.linspace(-0.25, 1.25, 997), [1.0, 0.75, 0.5, 0.25, 0.0]])


def scalars(schedule: Any) -> np.ndarray:
    return np.array([schedule(float(p)) for p in PROGRESS])


@BY_NAME
def test_numpy_values_are_the_scalar_values(case: Case) -> None:
    schedule: Any = BaseLRSchedule.create(case.config)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        values = schedule(PROGRESS)
    assert values.dtype == np.float64
    # powers and logarithms of numpy differ from those of the C library by an ulp or two on some processors
    np.testing.assert_allclose(values, scalars(schedule), rtol=1e-14 if "k" in vars(schedule) else 3e-15, atol=0)


@pytest.mark.parametrize(
    "config", [0.003, "lin_3e-3", "rex_3e-3", {"type": "delay", "schedule": "lin_1", "delay_fraction": 0.5}]
)
def test_arithmetic_curves_are_bit_equal_in_numpy(config: Any) -> None:
    schedule: Any = BaseLRSchedule.create(config)
    assert schedule(PROGRESS).tolist() == scalars(schedule).tolist()


def test_a_cosine_is_bit_equal_in_numpy_wherever_the_sines_are() -> None:
    schedule = CosineAnnealingLRSchedule(initial_value=0.003, final_value=1e-5)
    clamped = np.clip(PROGRESS, 0, 1) * (np.pi / 2)
    same = np.sin(clamped) == np.array([math.sin(x) for x in clamped])
    assert same.mean() > 0.5
    assert schedule(PROGRESS)[same].tolist() == scalars(schedule)[same].tolist()


@BY_NAME
def test_torch_and_jax_values_are_the_scalar_values(case: Case) -> None:
    schedule: Any = BaseLRSchedule.create(case.config)
    expected = scalars(schedule)
    in_torch = schedule(torch.tensor(PROGRESS))
    assert in_torch.dtype == torch.float64
    np.testing.assert_allclose(in_torch.numpy(), expected, rtol=1e-13, atol=1e-300)
    elapsed = 1 - np.clip(PROGRESS, 0, 1)
    away = np.all([abs(elapsed - joint) > 1e-3 for joint in (*case.joints, -1.0)], axis=0)
    progress = jnp.asarray(PROGRESS)
    for values in (schedule(progress), jax.jit(schedule)(progress), jax.vmap(schedule)(progress)):
        assert values.dtype == jnp.float32
        np.testing.assert_allclose(np.asarray(values)[away], expected[away], rtol=2e-5, atol=1e-6 * case.bounds[1])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
def test_kind_dtype_and_shape_stay_what_they_were(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    for config in (0.5, "lin_1", "cosine_1", "cosine_warmup_1", "exponential_1", "polynomial_1"):
        schedule: Any = BaseLRSchedule.create(config)
        values = schedule(torch.full(shape, 0.5, dtype=dtype))
        assert isinstance(values, torch.Tensor)
        assert (values.dtype, tuple(values.shape)) == (dtype, shape)
        numpy_dtype = {torch.float16: np.float16, torch.float32: np.float32}.get(dtype, np.float64)
        array = schedule(np.full(shape, 0.5, dtype=numpy_dtype))
        assert type(array) is np.ndarray
        assert (array.dtype, array.shape) == (numpy_dtype, shape)


def test_the_device_stays_what_it_was() -> None:
    devices = ["meta"] if not torch.cuda.is_available() else ["cuda"]
    for device in devices:
        progress = torch.full((3,), 0.5, device=device)
        schedule: Any = LinearLRSchedule(1.0)
        values = (torch.compile(schedule, backend="eager") if device == "meta" else schedule)(progress)
        assert values.device == progress.device


@BY_NAME
def test_torch_compile_takes_the_whole_graph_without_a_break(case: Case) -> None:
    schedule: Any = BaseLRSchedule.create(case.config)
    torch._dynamo.reset()
    compiled: Any = torch.compile(schedule.__call__, fullgraph=True, backend="aot_eager")
    np.testing.assert_allclose(compiled(torch.tensor(PROGRESS)).numpy(), scalars(schedule), rtol=1e-13, atol=1e-300)


def test_torch_compile_goes_on_without_a_break_when_other_schedules_of_a_type_come_along() -> None:
    torch._dynamo.reset()
    compiled = torch.compile(lambda schedule, progress: schedule(progress), fullgraph=True, backend="aot_eager")
    configs: list[dict[str, Any]]
    for level in (0.1, 0.2, 0.3):
        configs = [
            {"type": "clip", "schedule": "lin_1", "minimum": level, "maximum": 2 * level},
            {"type": "exponential", "initial_value": 1, "decay_rate": level, "final_value": level},
        ]
        for config in configs:
            schedule: Any = BaseLRSchedule.create(config)
            values = compiled(schedule, torch.tensor(PROGRESS)).numpy()
            np.testing.assert_allclose(values, scalars(schedule), rtol=1e-13, atol=0)


@pytest.mark.slow
def test_torch_compile_with_its_default_backend_gives_the_same_values() -> None:
    schedule: Any = BaseLRSchedule.create("cosine_warmup_3e-3")
    compiled: Any = torch.compile(schedule.__call__, fullgraph=True)
    np.testing.assert_allclose(compiled(torch.tensor(PROGRESS)).numpy(), scalars(schedule), rtol=1e-13, atol=1e-300)


def test_traced_code_never_sees_nan_infinity_or_a_negative_value() -> None:
    wild = jnp.array([jnp.nan, -jnp.inf, jnp.inf, 7.0, -7.0])
    for case in CASES:
        values = jax.jit(BaseLRSchedule.create(case.config))(wild)
        assert bool((values >= 0).all() & jnp.isfinite(values).all()), case.name


def test_a_function_without_xp_cannot_be_traced_and_says_so() -> None:
    schedule: Any = BaseLRSchedule.create(lambda p: p)
    with pytest.raises(TypeError, match="add an argument xp=floats"):
        jax.jit(schedule)(jnp.array([0.5]))


def test_a_view_is_read_and_never_written() -> None:
    progress = np.linspace(0, 1, 100_000).reshape(100, 1000)[::2, ::-1].T
    progress.flags.writeable = False
    schedule: Any = LinearLRSchedule(1.0)
    values = schedule(progress)
    assert values.shape == progress.shape
    assert values.tolist() == progress.tolist()


def test_a_schedule_times_a_loss_is_an_error_that_names_the_callback() -> None:
    schedule: Any = BaseLRSchedule.create("lin_0.1")
    for factors in ((schedule, torch.tensor(-0.5)), (torch.ones(3), schedule), (schedule, jnp.ones(3))):
        with pytest.raises(TypeError, match="for other hyperparameters, use ScheduleCallback"):
            operator.mul(*factors)
