"""fvcore.common.param_scheduler, asked for the elapsed share of the run."""

from __future__ import annotations

from fvcore.common import param_scheduler

from tests.oracles.table import TOTAL_STEPS, Row

LIBRARY = "fvcore.common.param_scheduler"


def values(call: str, last: int) -> list[float]:
    """Return the values of the scheduler that `call` makes."""
    scheduler = eval(call, vars(param_scheduler).copy())
    return [scheduler(step / TOTAL_STEPS) for step in range(last + 1)]


RAISES = "at exactly 1.0, fvcore raises an error; ours has its last value"

ROWS = [
    Row("ConstantParamScheduler(0.1)", "0.1", RAISES, last=999),
    Row(
        "CosineParamScheduler(0.1, 0.001)",
        "{type: cosine, initial_value: 0.1, final_value: 0.001}",
        "after 1.0, fvcore rises again; ours stays constant",
    ),
    Row(
        "ExponentialParamScheduler(0.1, 0.02)",
        "{type: exponential, initial_value: 0.1, decay_rate: 0.02}",
        "after 1.0, fvcore continues; ours stays constant",
    ),
    Row(
        "LinearParamScheduler(0.1, 0.001)",
        "{type: linear, initial_value: 0.1, final_value: 0.001}",
        "after 1.0, fvcore continues, also below 0; ours stays constant",
    ),
    Row(
        "PolynomialDecayParamScheduler(0.1, 1.5)",
        "{type: polynomial, initial_value: 0.1, power: 1.5}",
        "after 1.0, fvcore returns a complex number; ours stays constant",
    ),
    Row(
        "MultiStepParamScheduler([0.1, 0.05, 0.01], milestones=[300, 700, 1000])",
        "{type: piecewise_constant, values: [0.1, 0.05, 0.01], milestone_steps: [300, 700]}",
        "after 1.0, fvcore raises an error; ours stays constant",
    ),
    Row(
        "StepParamScheduler(num_updates=1000, values=[0.1, 0.05, 0.02, 0.01])",
        "{type: piecewise_constant, values: [0.1, 0.05, 0.02, 0.01], milestone_fractions: [0.25, 0.5, 0.75]}",
        RAISES,
        last=999,
    ),
    Row(
        "StepWithFixedGammaParamScheduler(0.1, num_decays=4, gamma=0.5, num_updates=1000)",
        "{type: step, initial_value: 0.1, gamma: 0.5, period_fraction: 0.2}",
        "at exactly 1.0, fvcore raises an error; ours takes one more step",
        last=999,
    ),
    Row(
        "CompositeParamScheduler([LinearParamScheduler(0.01, 0.1), CosineParamScheduler(0.1, 0.001)], [0.2, 0.8], "
        "['rescaled', 'rescaled'])",
        "[{type: linear, initial_value: 0.01, final_value: 0.1, fraction: 0.2}, "
        "{type: cosine, initial_value: 0.1, final_value: 0.001, fraction: 0.8}]",
        "ours is always `rescaled`; fvcore starts the next part up to 1e-6 too early",
    ),
    Row(
        "CompositeParamScheduler([ConstantParamScheduler(0.1), LinearParamScheduler(0.2, 0.1)], [0.5, 0.5], "
        "['fixed', 'fixed'])",
        "[{type: constant, initial_value: 0.1, fraction: 0.5}, "
        "{type: linear, initial_value: 0.15, final_value: 0.1, fraction: 0.5}]",
        "a `fixed` part starts in the middle of its curve: write the values that it has there",
    ),
]
