"""What a picture of a controller shows: its schedule, the band of its bounds, and what a recorded metric would do."""

from __future__ import annotations

import math
import warnings
from typing import Any, cast

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")

from matplotlib.figure import Figure

from lr_schedule import BaseLRSchedule, ScheduleConfigError, plot
from lr_schedule.control import Controller, KLController, PlateauController, create_controller
from lr_schedule.control.controller import kinds

COSINE = {"type": "cosine", "initial_value": 1e-3, "final_value": 1e-4}
KL = {"controller": "kl", "schedule": COSINE, "minimum": 1e-5, "maximum": {"type": "linear", "initial_value": 0.01}}
SERIES = [(0.75, 0.05), (0.5, 0.001), (0.25, None), (0.0, 0.05)]


@pytest.fixture
def ax() -> Any:
    return Figure().subplots()


def band_of(ax: Any, index: int = 0) -> tuple[Any, Any, Any]:
    """Return x, lower and upper edge of a band that is drawn, at the points of its curve."""
    vertices = ax.collections[index].get_paths()[0].vertices
    x = np.unique(vertices[:, 0])
    edges = [[f(vertices[vertices[:, 0] == place, 1]) for place in x] for f in (np.min, np.max)]
    return x, np.array(edges[0]), np.array(edges[1])


def labels_of(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("given", [KL, create_controller(KL), [KL]], ids=["config", "controller", "list"])
def test_a_controller_is_drawn_as_its_schedule_within_the_band_of_its_bounds(ax: Any, given: Any) -> None:
    plot(given, ax, points=11)
    (line,) = ax.lines
    assert line.get_ydata().tolist() == BaseLRSchedule.create(COSINE).sample(11).tolist()
    assert labels_of(ax) == ["kl of cosine initial_value=0.001 final_value=0.0001"]
    elapsed, low, high = band_of(ax)
    np.testing.assert_allclose(elapsed, np.arange(11) / 10, rtol=1e-12)
    np.testing.assert_allclose(low[:-1], 1e-5, rtol=1e-12)
    np.testing.assert_allclose(high[:-1], 0.01 * (1 - elapsed[:-1]), rtol=1e-12)
    # Where the upper bound falls below the lower one, it counts; the axis shows no 0.
    assert low[-1] == high[-1] < ax.get_ylim()[0]
    (band,) = ax.collections
    assert band.get_facecolor()[0, :3].tolist() == list(matplotlib.colors.to_rgb(line.get_color()))
    assert band.get_facecolor()[0, 3] < 0.5


def test_the_length_of_the_run_counts_for_the_schedules_in_a_controller(ax: Any) -> None:
    warms_up = {"type": "cosine", "initial_value": 1e-3, "warmup_steps": 250}
    plot({"controller": "kl", "schedule": warms_up}, ax, total_timesteps=1000, points=5, replay=[(0.5, 0.05)])
    base, replay = ax.lines
    assert base.get_xdata().tolist() == [0, 250, 500, 750, 1000]
    assert base.get_ydata()[:2].tolist() == [0.0, 0.001]
    assert replay.get_xdata().tolist() == [500.0]


def test_a_replay_is_drawn_as_steps_at_the_values_that_the_metric_would_have_led_to(ax: Any) -> None:
    controller = create_controller(KL)
    controller.observe(5.0, progress_remaining=0.9)
    scale = controller.scale
    plot(controller, ax, replay=SERIES, color="red")
    assert controller.scale == scale
    base, replay = ax.lines
    assert replay.get_xdata().tolist() == [0.25, 0.5, 0.75, 1.0]
    assert replay.get_ydata().tolist() == create_controller(KL).replay(SERIES)
    assert replay.get_drawstyle() == "steps-post"
    assert (base.get_color(), replay.get_color()) == ("red", "red")
    assert base.get_linestyle() != replay.get_linestyle()
    assert labels_of(ax)[1] == f"{labels_of(ax)[0]}: replay"


def test_the_short_names_of_what_a_line_is_given_work_for_a_replay_too(ax: Any) -> None:
    plot(KL, ax, replay=SERIES, c="red", ls=":", lw=3, ds="default")
    base, replay = ax.lines
    assert (base.get_linestyle(), base.get_linewidth(), base.get_color()) == (":", 3, "red")
    assert (replay.get_linestyle(), replay.get_linewidth(), replay.get_color()) == (":", 3, "red")
    assert (base.get_drawstyle(), replay.get_drawstyle()) == ("default", "steps-post")


def test_every_controller_replays_the_series_and_schedules_stand_beside_them(ax: Any) -> None:
    plateau = {"controller": "plateau", "schedule": 1e-3, "patience": 0}
    plot([KL, "lin_3e-4", plateau], ax, labels=["a", "b", "c"], replay=iter(SERIES), total_timesteps=400)
    assert labels_of(ax) == ["a", "a: replay", "b", "c", "c: replay"]
    assert ax.lines[1].get_ydata().tolist() == create_controller(KL).replay(SERIES)
    assert ax.lines[4].get_ydata().tolist() == create_controller(plateau).replay(SERIES)
    assert ax.lines[4].get_xdata().tolist() == [100.0, 200.0, 300.0, 400.0]
    assert len(ax.collections) == 2
    assert len({line.get_color() for line in ax.lines}) == 3


def test_a_replay_may_be_an_array_or_a_list_of_what_was_logged(ax: Any) -> None:
    pairs = [(0.5, 0.05), (0.0, 0.05)]
    for series in (np.array(pairs), [[np.float32(p), np.float64(kl)] for p, kl in pairs], dict(pairs).items()):
        plot(KL, ax, replay=series)
    values = [line.get_ydata().tolist() for line in ax.lines if line.get_drawstyle() == "steps-post"]
    assert values == [create_controller(KL).replay(pairs)] * 3


def test_a_progress_below_0_is_the_end_of_the_run(ax: Any) -> None:
    plot(KL, ax, replay=[(0.5, 0.05), (0.0, 0.05), (-0.28, 0.05), (-0.28, 0.001)])
    assert ax.lines[1].get_xdata().tolist() == [0.5, 1.0, 1.0, 1.0]


def test_a_metric_that_is_nan_is_replayed_with_the_warning_of_a_run(ax: Any) -> None:
    with pytest.warns(RuntimeWarning, match="the metric of 'kl' is nan"):
        plot(KL, ax, replay=[(0.5, math.nan)])
    assert ax.lines[1].get_ydata().tolist() == [create_controller(KL)(0.5) / 1.5]


def test_a_config_for_a_callback_is_drawn_with_its_metric(ax: Any) -> None:
    plot({**KL, "metric": "train/approx_kl"}, ax)
    assert len(ax.collections) == 1


def test_the_axis_is_logarithmic_where_a_controller_is_drawn_unless_it_is_said_otherwise() -> None:
    scales = []
    for given, log in ((KL, None), (KL, False), ("lin_3e-4", None), (["lin_3e-4", KL], None), ("lin_3e-4", True)):
        axes: Any = Figure().subplots()
        plot(given, axes, log=log)
        scales.append(axes.get_yscale())
    assert scales == ["log", "linear", "linear", "log", "log"]


def test_the_band_of_a_schedule_that_ends_at_0_ends_at_its_bounds(ax: Any) -> None:
    plot({"controller": "kl", "schedule": "cosine_3e-4"}, ax)
    _, low, high = band_of(ax)
    assert (set(low), set(high)) == ({1e-6}, {1e-2})
    other: Any = Figure().subplots()
    plot(
        [PlateauController(schedule="lin_1e-3", maximum=0.5), PlateauController(schedule="lin_1e-3")], other, log=False
    )
    assert set(band_of(other)[2]) == {0.5}
    assert band_of(other, 1)[2].tolist() == BaseLRSchedule.create("lin_1e-3").sample(1001).tolist()


@pytest.mark.parametrize("log", [True, False])
def test_the_axis_shows_every_bound_and_no_value_that_a_controller_never_has(ax: Any, log: bool) -> None:
    cfg = {"controller": "kl", "schedule": {"type": "cosine", "initial_value": 3e-4}}
    plot(cfg, ax, log=log)
    bottom, top = ax.get_ylim()
    assert 1e-2 < top < 2e-2
    # The cosine itself ends at 0, far below the bound of 1e-6.
    assert (5e-7 < bottom < 1e-6) if log else bottom == 0.0


@pytest.mark.parametrize("log", [True, False])
def test_where_there_is_no_bound_the_band_reaches_beyond_the_axis(ax: Any, log: bool) -> None:
    class RisingController(Controller):
        """Doubles the value at each metric above 0."""

        type = "rising_in_a_picture"

        def judge(self, state: Any, metric: Any, progress_remaining: Any, xp: Any) -> tuple[Any, Any]:
            return {}, xp.where(metric > 0.0, 1.0, 0.0)

        def raised(self, scale: Any) -> Any:
            return scale * 2.0

    del kinds["rising_in_a_picture"]
    plot(RisingController(schedule=1e-3), ax, log=log, points=3)
    _, low, high = band_of(ax)
    assert (low < 0.1 * ax.get_ylim()[0]).all() if log else low.tolist() == [0.0] * 3
    assert (high > 10 * ax.get_ylim()[1]).all()
    assert 1e-3 < ax.get_ylim()[1] < 2e-3

    other: Any = Figure().subplots()
    plot(PlateauController(schedule=1e-3), other, log=log, points=3)
    _, low, high = band_of(other)
    assert high.tolist() == [1e-3] * 3
    assert (low < 0.1 * other.get_ylim()[0]).all() if log else low.tolist() == [0.0] * 3


def test_a_replay_that_leaves_the_schedule_far_behind_is_seen_in_full(ax: Any) -> None:
    series = [(1.0 - k / 100, 1.0) for k in range(100)]
    plot(PlateauController(schedule=1e-3, patience=0), ax, replay=series)
    lowest = min(ax.lines[1].get_ydata())
    assert lowest < 1e-10
    assert ax.get_ylim()[0] < lowest


def test_what_is_drawn_later_on_the_same_axes_is_seen_beside_what_was_drawn_before(ax: Any) -> None:
    plot("lin_1e-4", ax)
    plot("lin_1e-2", ax)
    assert ax.get_ylim() == pytest.approx((0.0, 0.0105), rel=1e-9)
    plot("lin_1e-4", ax)
    assert ax.get_ylim() == pytest.approx((0.0, 0.0105), rel=1e-9)
    other: Any = Figure().subplots()
    plot(KL, other)
    plot({**KL, "minimum": 1e-7}, other)
    plot(["lin_1e-3", 1.0], other, log=True)
    assert other.get_ylim()[0] < 1e-7
    assert other.get_ylim()[1] > 1.0


def test_a_schedule_beside_a_controller_that_was_drawn_before_leaves_the_axis_logarithmic(ax: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot(KL, ax)
        plot("lin_1e-3", ax)
        assert ax.get_yscale() == "log"
        plot("lin_1e-3", ax, log=False)
    assert (ax.get_yscale(), ax.get_ylim()[0]) == ("linear", 0.0)


@pytest.mark.parametrize("given", ["lin_1e-3", KL])
def test_a_line_of_the_user_is_seen_on_the_logarithmic_axis_of_a_picture(ax: Any, given: Any) -> None:
    plot(given, ax, log=True)
    ax.plot([0.0, 1.0], [50.0, 60.0])
    assert ax.get_ylim()[1] > 60.0
    assert ax.get_ylim()[0] <= 1e-5


def test_an_end_of_the_axis_that_the_user_has_set_stays_where_it_shows_everything(ax: Any) -> None:
    ax.set_ylim(0.0, 0.5)
    plot("lin_1e-3", ax)
    assert ax.get_ylim() == (0.0, 0.5)


def test_a_schedule_of_zeros_can_be_drawn(ax: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot(0.0, ax)
        plot(KLController(schedule=0.0, minimum=0.0), Figure().subplots())
    assert ax.get_ylim()[1] > 0.0


@pytest.mark.parametrize(
    ("given", "replay", "message"),
    [
        ("lin_3e-4", SERIES, "replay: needs a controller; a schedule does not depend on a metric"),
        (["lin_3e-4", 0.1], SERIES, "replay: needs a controller"),
        (KL, [], "replay: must have at least one pair"),
        (KL, 0.05, "replay: must be a list of pairs of progress_remaining and metric"),
        (KL, "kl.csv", "replay: must be a list of pairs"),
        (KL, {0.5: 0.01}, "replay: must be a list of pairs"),
        (KL, [0.05, 0.01], r"replay\[0\]: must be a pair of progress_remaining and metric"),
        (KL, [(0.5, 0.01), (0.4, 0.01, 7)], r"replay\[1\]: must be a pair"),
        (KL, [(0.5, 0.01), "ab"], r"replay\[1\]: must be a pair"),
        (KL, [("half", 0.01)], r"replay\[0\]\[0\]: must be a finite number <= 1"),
        (KL, [(math.nan, 0.01)], r"replay\[0\]\[0\]: must be a finite number <= 1"),
        (KL, [(None, 0.01)], r"replay\[0\]\[0\]: must be a finite number <= 1"),
        (KL, [(2048, 0.01)], r"replay\[0\]\[0\]: must be a finite number <= 1"),
        (
            KL,
            [(0.1, 0.01), (0.2, 0.01)],
            r"replay\[1\]\[0\]: must be at most the one before, 0.1, because progress_remaining",
        ),
        (KL, [(0.5, 0.01), (0.4, "high")], r"replay\[1\]\[1\]: must be a number, or None if there was no metric"),
        (KL, [(0.5, True)], r"replay\[0\]\[1\]: must be a number"),
        ({**KL, "target_k": 1}, SERIES, "target_k: unknown key; did you mean 'target_kl'"),
        ({"controller": "k"}, None, "controller: unknown controller; did you mean 'kl'"),
        ({"controller": "kl"}, None, "schedule: "),
    ],
)
def test_a_wrong_use_is_one_error_that_says_where_and_nothing_is_drawn(
    ax: Any, given: Any, replay: Any, message: str
) -> None:
    with pytest.raises(ScheduleConfigError, match=message) as caught:
        plot(given, ax, replay=replay)
    assert len(caught.value.problems) == 1
    assert not ax.lines
    assert not ax.collections


def test_labels_name_curves_and_not_replays(ax: Any) -> None:
    with pytest.raises(ValueError, match="labels must name each of the 1 schedules; received 2"):
        plot(KL, ax, labels=["a", "b"], replay=SERIES)


def test_a_band_is_painted_in_a_saved_picture(tmp_path: Any, ax: Any) -> None:
    cfg = {"controller": "kl", "schedule": 1e-3, "minimum": 5e-4, "maximum": 2e-3}
    plot(cfg, ax, color="#ff0000")
    ax.figure.savefig(tmp_path / "p.png")
    pixels = cast("Any", matplotlib.image.imread(tmp_path / "p.png"))[..., :3]
    tinted = (pixels[..., 0] > 0.98) & (pixels[..., 1] > 0.5) & (pixels[..., 1] < 0.95)
    rows = np.nonzero(tinted.sum(axis=1) > 300)[0]
    assert rows.size > 250  # of the 370 rows between the axes
