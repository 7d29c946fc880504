"""The value of a config at an elapsed share of the run, by the formulas of docs/config.md, in numbers of mpmath.

Written from the documentation, not from the package: it knows configs in plain fractions, exact numbers and nothing of
floats, arrays, roundings or classes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import mpmath
from mpmath import ceil, cos, floor, mpf, pi, sqrt, tanh

ROUNDING = mpf(2) ** -38
"""How far from the end of the curve a cycle may end and still end with the curve."""

DEFAULT_WARMUP = {"cosine_warmup": 0.1, "noam": 0.1, "warmup_stable_decay": 0.1, "tri_stage": 0.1, "one_cycle": 0.3}


class Run:
    """The keys of a config, and the times in it: w, e, the share t of the curve, and what t is of the whole run."""

    def __init__(self, config: Mapping[str, Any], elapsed: Any, shift: Any) -> None:
        self.keys = config
        self.shift = shift
        kind = config["type"]
        self.w = mpf(config.get("warmup_fraction", DEFAULT_WARMUP.get(kind, 0.0)))
        self.e = mpf(config.get("end_fraction", 1.0))
        self.factor = mpf(config.get("warmup_start_factor", 0.01 if kind == "tri_stage" else 0.0))
        self.span = self.e - self.w
        self.elapsed = elapsed
        self.t = min(max((elapsed - self.w) / self.span, mpf(0)), mpf(1))

    def number(self, key: str, default: float = 0.0) -> Any:
        given = self.keys.get(key)
        return mpf(default if given is None else given)

    @property
    def first(self) -> Any:
        return self.number("initial_value", 0.001)

    @property
    def last(self) -> Any:
        if "final_ratio" in self.keys:
            return mpf(self.keys["final_ratio"] * float(self.keys.get("initial_value", 0.001)))
        return self.number("final_value", 0.00001 if self.keys["type"] == "tri_stage" else 0.0)

    @property
    def since_warmup(self) -> Any:
        """The share of the whole run that is over since the warmup."""
        return max((self.t + self.shift) * self.span, mpf(0))

    @property
    def place(self) -> Any:
        """The place in the whole run, the warmup included."""
        return self.w + self.since_warmup


def down(run: Run, left: Any) -> Any:
    return run.last + (run.first - run.last) * left


def wave(left: Any) -> Any:
    """Return half a wave that is 1 where all is left, 0 where nothing is: ``(1 + cos(pi * t)) / 2``."""
    return (1 + cos(pi * (1 - left))) / 2


def polynomial(run: Run) -> Any:
    s = run.t
    if run.keys.get("decay_fraction") is not None:
        periods = run.since_warmup / run.number("decay_fraction")
        again = run.keys.get("cycle", False)
        s = periods / max(ceil(periods), 1) if again else min(periods, 1)
    return down(run, (1 - s ** run.number("k", 1.0)) ** run.number("power", 2.0))


def periods_of(run: Run) -> Any:
    """Return t / decay_fraction, where no decay_fraction is the whole curve; rounded down for a staircase."""
    given = run.keys.get("decay_fraction")
    periods = run.t if given is None else run.since_warmup / mpf(given)
    return floor(periods) if run.keys.get("staircase", False) else periods


def exponential(run: Run) -> Any:
    rate, last = run.keys.get("decay_rate"), run.last if "final_ratio" in run.keys else run.keys.get("final_value")
    periods = periods_of(run)
    if rate is None and last is not None:
        given = run.keys.get("decay_fraction")
        t = periods if given is None else periods * mpf(given) / run.span
        return run.first ** (1 - t) * mpf(last) ** t
    value = run.first * mpf(0.1 if rate is None else rate) ** periods
    return value if last is None else max(value, mpf(last))


def tangent(run: Run) -> Any:
    lower, upper = run.number("lower", -6.0), run.number("upper", 3.0)
    with mpmath.workdps(140):  # 1 - tanh(100) is 3e-87
        return run.last + (run.first - run.last) / 2 * (1 - tanh(lower + (upper - lower) * run.t))


def inverse_time(run: Run) -> Any:
    return run.first / (1 + run.number("decay_rate", 1.0) * periods_of(run) ** run.number("step_exponent", 1.0))


def inverse_sqrt(run: Run) -> Any:
    time = run.since_warmup / run.number("timescale_fraction", 0.1) + run.number("shift", 1.0)
    return run.first / time ** run.number("exponent", 0.5)


def warmup_stable_decay(run: Run) -> Any:
    left = min((run.e - run.place) / run.number("decay_fraction", 0.1), mpf(1))
    shape = run.keys.get("decay_shape", "linear")
    if run.e - run.place > run.number("decay_fraction", 0.1) + (ROUNDING if run.shift >= 0 else 0):
        return run.first
    start = run.first * run.number("decay_start_factor", 1.0)
    if shape == "exponential":
        return start**left * run.last ** (1 - left)
    if shape == "inverse_linear":
        return 1 / (left / start + (1 - left) / run.last)
    height = mpmath.sin(pi / 2 * left) ** 2
    root, square = 1 - sqrt(1 - left), 1 - (1 - left) ** 2
    lefts = {"linear": left, "cosine": height, "mirrored_cosine": 2 * left - height}
    lefts |= {"1-sqrt": root, "sqrt": root, "1-square": square, "square": square}
    return run.last + (start - run.last) * lefts[shape]


def tri_stage(run: Run) -> Any:
    over = (run.since_warmup - run.number("hold_fraction", 0.4)) / run.number("decay_fraction", 0.5)
    left = 1 - min(max(over, mpf(0)), mpf(1))
    return run.first**left * run.last ** (1 - left)


def step(run: Run) -> Any:
    return run.first * run.number("gamma", 0.1) ** floor(run.since_warmup / run.number("period_fraction"))


def reached(run: Run) -> int:
    return sum(run.place >= mpf(milestone) for milestone in run.keys["milestone_fractions"])


def piecewise_linear(run: Run) -> Any:
    points = [(mpf(place), mpf(value)) for place, value in run.keys["points"]]
    if run.place <= points[0][0]:
        return points[0][1]
    for (a, u), (b, v) in itertools.pairwise(points):
        if run.place < b:
            return u + (v - u) * (run.place - a) / (b - a)
    return points[-1][1]


def cosine_restarts(run: Run) -> Any:
    multiplier, cycles = run.number("cycle_multiplier", 1.0), run.keys.get("cycles")
    if cycles is None:
        length = run.number("first_cycle_fraction")
    else:
        length = run.span / sum(multiplier**n for n in range(cycles))
    n, start, t = 0, mpf(0), run.since_warmup
    while t >= start + length and start + length < run.span - ROUNDING:
        n, start, length = n + 1, start + length, length * multiplier
    peak = run.first * run.number("peak_multiplier", 1.0) ** n
    return run.last + (peak - run.last) * wave(1 - min((t - start) / length, mpf(1)))


def cyclic(run: Run) -> Any:
    up = run.number("up_fraction")
    length = up + (run.number("down_fraction") if run.keys.get("down_fraction") else up)
    cycles = run.since_warmup / length
    n = floor(cycles)
    over = (cycles - n) * length
    rise = over / up if over < up else (length - over) / (length - up)
    mode = run.keys.get("mode", "triangular")
    scale = {"triangular": mpf(1), "triangular2": mpf(0.5) ** n, "exp_range": run.number("gamma", 1.0) ** cycles}[mode]
    return run.first + (run.number("peak_value") - run.first) * rise * scale


def one_cycle(run: Run) -> Any:
    low = run.first / run.number("div_factor", 25.0)
    lowest = low / run.number("final_div_factor", 10_000.0)

    def way(start: Any, end: Any, share: Any) -> Any:
        left = wave(1 - share) if run.keys.get("shape", "cosine") == "cosine" else 1 - share
        return end + (start - end) * left

    if run.elapsed < run.w:
        return way(low, run.first, run.elapsed / run.w)
    if run.keys.get("phases", 2) == 2:
        return way(run.first, lowest, run.t)
    if run.since_warmup < run.w:
        return way(run.first, low, run.since_warmup / run.w)
    return way(low, lowest, (run.since_warmup - run.w) / (run.span - run.w))


def part_of(run: Run, key: str = "schedule") -> Callable[[Any], Any]:
    return lambda elapsed: value(run.keys[key], elapsed, run.shift)


def sequential(run: Run) -> Any:
    parts, start = run.keys["parts"], mpf(0)
    for n, part in enumerate(parts):
        share = mpf(part["fraction"]) if n < len(parts) - 1 else 1 - start
        if run.t < start + share or n == len(parts) - 1:
            inner = {key: item for key, item in part.items() if key != "fraction"}
            inner = inner["schedule"] if "schedule" in inner and "type" not in inner else inner
            return value(inner, min(max((run.t - start) / share, mpf(0)), mpf(1)), run.shift)
        start += share
    raise AssertionError("a list of parts has at least one")


def product(run: Run) -> Any:
    result = mpf(1)
    for part in run.keys["parts"]:
        result *= value(part, run.t, run.shift)
    return result


def repeat(run: Run) -> Any:
    times = run.keys.get("times", 2)
    return part_of(run)(run.t * times - min(floor(run.t * times), times - 1))


def delay(run: Run) -> Any:
    late = run.number("delay_fraction")
    return part_of(run)(max((run.t - late) / (1 - late), mpf(0)))


def clip(run: Run) -> Any:
    kept = max(part_of(run)(run.t), run.number("minimum"))
    return kept if run.keys.get("maximum") is None else min(kept, mpf(run.keys["maximum"]))


CURVES: dict[str, Callable[[Run], Any]] = {
    "constant": lambda run: run.first,
    "linear": lambda run: (1 - run.t) * run.first + run.t * run.last,
    "polynomial": polynomial,
    "cosine": lambda run: down(run, wave(1 - run.t ** run.number("k", 1.0))),
    "cosine_warmup": lambda run: down(run, wave(1 - run.t ** run.number("k", 1.0))),
    "exponential": exponential,
    "rex": lambda run: down(run, (1 - run.t) / (mpf(1) / 2 + (1 - run.t) / 2)),
    "tanh": tangent,
    "inverse_time": inverse_time,
    "inverse_sqrt": inverse_sqrt,
    "noam": lambda run: run.first * sqrt(run.w / run.place),
    "warmup_stable_decay": warmup_stable_decay,
    "tri_stage": tri_stage,
    "step": step,
    "multi_step": lambda run: run.first * run.number("gamma", 0.1) ** reached(run),
    "piecewise_constant": lambda run: mpf(run.keys["values"][reached(run)]),
    "piecewise_linear": piecewise_linear,
    "cosine_restarts": cosine_restarts,
    "cyclic": cyclic,
    "one_cycle": one_cycle,
    "sequential": sequential,
    "product": product,
    "repeat": repeat,
    "delay": delay,
    "clip": clip,
}


def value(config: Any, elapsed: Any, shift: Any = 0) -> Any:
    """Return the value of a config (in fractions) at the exact elapsed share of the run.

    Places in the run are looked up `shift` later: so the values on both sides of a place are known at the end, too.
    """
    if isinstance(config, (int, float)):
        return mpf(config)
    if isinstance(config, list):
        return value({"type": "sequential", "parts": config}, elapsed, shift)
    given: dict[str, Any] = {"type": "constant", **config}
    run, curve = Run(given, elapsed, shift), CURVES[given["type"]]
    if elapsed >= run.w or given["type"] == "one_cycle":
        return curve(run)
    over = elapsed / run.w
    if given.get("warmup_shape") == "cosine":
        over = mpmath.sin(pi / 2 * over) ** 2
    return curve(Run(given, run.w, shift)) * (run.factor + (1 - run.factor) * over)
