"""A name of another library leads to the type that it means."""

from __future__ import annotations

import pytest

from lr_schedule import BaseLRSchedule, ScheduleConfigError

MEANT = {
    "exp": "'exponential'",
    "ExponentialLR": "'exponential'",
    "exponential_decay": "'exponential'",
    "cosine_annealing": "'cosine'",
    "CosineAnnealingLR": "'cosine'",
    "cosine_decay": "'cosine'",
    "CosineLRScheduler": "'cosine'",
    "cosine_with_min_lr": "'cosine'",
    "CosineAnnealingWarmRestarts": "'cosine_restarts'",
    "cosine_with_restarts": "'cosine_restarts'",
    "sgdr": "'cosine_restarts'",
    "constant_with_warmup": "'constant' with a warmup_fraction",
    "get_constant_schedule_with_warmup": "'constant' with a warmup_fraction",
    "WarmupLR": "'constant' with a warmup_fraction",
    "linear_warmup": "'linear' with a warmup_fraction",
    "polynomial_with_warmup": "'polynomial' with a warmup_fraction",
    "cosine_with_warmup": "'cosine_warmup'",
    "WarmupCosineLR": "'cosine_warmup'",
    "wsd": "'warmup_stable_decay'",
    "WarmupStableDecay": "'warmup_stable_decay'",
    "step_decay": "'step'",
    "StepLR": "'step'",
    "StepLRScheduler": "'step'",
    "MultiStepLR": "'multi_step'",
    "multistep": "'multi_step'",
    "PolynomialLR": "'polynomial'",
    "PolyLRScheduler": "'polynomial'",
    "TanhLRScheduler": "'tanh'",
    "REXScheduler": "'rex'",
    "OneCycleLR": "'one_cycle'",
    "1cycle": "'one_cycle'",
    "CyclicLR": "'cyclic'",
    "triangular": "'cyclic'",
    "InverseTimeDecay": "'inverse_time'",
    "flat": "'constant'",
    "cosin": "'cosine'",
    "linaer": "'linear'",
}


@pytest.mark.parametrize("name", MEANT)
def test_a_type_is_named_by_what_other_libraries_call_it(name: str) -> None:
    with pytest.raises(ScheduleConfigError) as error:
        BaseLRSchedule.create({"type": name})
    assert f"unknown type; did you mean {MEANT[name]}? Allowed:" in str(error.value)


@pytest.mark.parametrize("name", ["exp_3e-4", "CosineAnnealingLR_0.1"])
def test_the_string_form_has_the_same_hints(name: str) -> None:
    with pytest.raises(ScheduleConfigError, match=rf"did you mean {MEANT[name.rpartition('_')[0]]}\?"):
        BaseLRSchedule.create(name)


@pytest.mark.parametrize("name", ["qqq", "", "ReduceLROnPlateau", 5])
def test_a_name_that_means_nothing_has_no_hint(name: object) -> None:
    with pytest.raises(ScheduleConfigError, match=r"unknown type\. Allowed: clip"):
        BaseLRSchedule.create({"type": name})
