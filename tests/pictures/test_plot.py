"""What a picture shows is what the schedules say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")

from matplotlib.figure import Figure

import lr_schedule
from lr_schedule import BaseLRSchedule, CosineAnnealingLRSchedule, LinearLRSchedule, ScheduleConfigError, plot


@pytest.fixture
def ax() -> Any:
    return Figure().subplots()


def test_each_line_is_the_curve_of_its_schedule_from_start_to_end(ax: Any) -> None:
    cosine = CosineAnnealingLRSchedule(0.001, final_value=1e-4)
    plot([cosine, "lin_3e-4"], ax, points=11)
    first, second = ax.lines
    np.testing.assert_allclose(first.get_xdata(), np.arange(11) / 10, rtol=1e-12)
    assert first.get_ydata().tolist() == cosine.sample(11).tolist()
    assert second.get_ydata()[[0, -1]].tolist() == [3e-4, 0.0]


def test_a_length_of_the_run_gives_an_axis_in_timesteps_and_resolves_steps(ax: Any) -> None:
    plot([{"type": "cosine_warmup", "warmup_steps": 250}], ax, total_timesteps=1000, points=5)
    (line,) = ax.lines
    assert line.get_xdata().tolist() == [0, 250, 500, 750, 1000]
    assert line.get_ydata()[:2].tolist() == [0.0, 0.001]
    assert ax.get_xlabel() == "timesteps"


WSD = {"type": "warmup_stable_decay", "initial_value": 3e-4}


def labels_of(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize(
    ("schedules", "labels"),
    [
        (["lin_3e-4"], ["linear initial_value=0.0003 final_value=0"]),
        (["lin_3e-4", 0.1], ["linear initial_value=0.0003", "constant initial_value=0.1"]),
        (["lin_3e-4", "cosine_3e-4"], ["linear", "cosine"]),
        (["lin_3e-4", "lin_2e-4"], ["initial_value=0.0003", "initial_value=0.0002"]),
        (
            [{**WSD, "decay_fraction": 0.2}, {**WSD, "decay_fraction": 0.3}],
            ["decay_fraction=0.2", "decay_fraction=0.3"],
        ),
        (
            [{"type": "cosine"}, {"type": "cosine", "warmup_fraction": 0.1}, 1e-3],
            ["cosine", "cosine warmup_fraction=0.1", "constant"],
        ),
        (["lin_0.1", "lin_0.1"], ["linear", "linear"]),
        ([abs, "lin_0.1"], ["<built-in function abs>", "linear"]),
    ],
)
def test_the_legend_says_what_differs_between_the_schedules(ax: Any, schedules: list[Any], labels: list[str]) -> None:
    plot(schedules, ax)
    assert labels_of(ax) == labels


def test_the_legend_takes_the_given_names(ax: Any) -> None:
    plot(["lin_3e-4", 0.1], ax, labels=["a", "b"])
    assert labels_of(ax) == ["a", "b"]


def test_in_a_figure_of_its_own_the_legend_covers_no_curve_and_nothing_is_cut_off() -> None:
    ax = plot([{**WSD, "decay_fraction": fraction} for fraction in (0.1, 0.2, 0.3, 0.4, 0.5)])
    ax.set_title("A title between the axes and the legend")
    figure: Any = ax.figure
    figure.canvas.draw()
    legend: Any = ax.get_legend()
    drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert 0.0 <= drawn.x0 < drawn.x1 <= width
    assert 0.0 <= drawn.y0 < drawn.y1 <= height
    assert legend.get_window_extent().y0 >= ax.title.get_window_extent().y1 > ax.get_window_extent().y1
    matplotlib.pyplot.close(figure)


@pytest.mark.parametrize(
    ("schedule", "bottom"),
    [
        ("cosine_3e-4", 3e-7),  # it reaches 0, and passes 1e-12 on its way
        ({"type": "exponential", "initial_value": 1.0, "decay_rate": 1e-9}, 1e-9),  # it never reaches 0
    ],
)
def test_a_curve_to_zero_does_not_stretch_a_logarithmic_axis_and_one_above_zero_is_shown_whole(
    ax: Any, schedule: Any, bottom: float
) -> None:
    plot(schedule, ax, log=True, points=100_001)
    assert bottom / 4.0 < ax.get_ylim()[0] <= bottom


def test_a_long_description_is_cut_at_a_word() -> None:
    text = BaseLRSchedule.create([{"fraction": 1 / 3, "type": "cosine"}] * 3).describe()
    assert text.startswith("sequential parts=") or text == "sequential ..."
    assert len(text) <= 60


def test_values_stand_on_an_axis_from_zero_or_on_a_logarithmic_one(ax: Any) -> None:
    plot(["lin_3e-4"], ax)
    assert (ax.get_yscale(), ax.get_ylim()[0]) == ("linear", 0.0)
    other: Any = Figure().subplots()
    plot(["lin_3e-4"], other, log=True)
    assert other.get_yscale() == "log"


def test_a_schedule_draws_itself(ax: Any) -> None:
    schedule: Any = LinearLRSchedule(0.1)
    assert schedule.plot(ax, points=3, color="red") is ax
    line: Any = ax.lines[0]
    assert len(ax.lines) == 1
    assert (line.get_ydata().tolist(), line.get_color()) == ([0.1, 0.05, 0.0], "red")


def test_without_axes_a_new_figure_is_made() -> None:
    first, second = LinearLRSchedule(0.1).plot(), lr_schedule.plot([0.1])
    assert first.figure is not second.figure
    matplotlib.pyplot.close("all")


def test_a_mistake_in_one_of_several_schedules_says_in_which() -> None:
    with pytest.raises(ScheduleConfigError, match=r"^\[1\].period_fraction: required key is missing"):
        plot(["cosine_3e-4", {"type": "step"}])
    with pytest.raises(ScheduleConfigError, match=r"^period_fraction: required key is missing"):
        plot({"type": "step"})


def test_nothing_to_draw_is_an_error(ax: Any) -> None:
    with pytest.raises(ValueError, match="nothing to draw: needs at least 1 schedule and 2 points, not 0"):
        plot([], ax)
    with pytest.raises(ValueError, match="nothing to draw: needs at least 1 schedule and 2 points, not 1 and 1"):
        plot([0.1], ax, points=1)
    with pytest.raises(ValueError, match="labels must name each of the 2 schedules; received 1"):
        plot([0.1, 0.2], ax, labels=["a"])
    with pytest.raises(ScheduleConfigError, match="unknown type"):
        plot([{"type": "cosin"}], ax)
    assert not ax.lines


def test_a_saved_picture_holds_the_drawn_pixels(tmp_path: Path, ax: Any) -> None:
    plot([{"type": "constant", "initial_value": 0.5}], ax, color="#ff0000", linewidth=3)
    ax.figure.savefig(tmp_path / "p.png")
    pixels = matplotlib.image.imread(tmp_path / "p.png")[..., :3]
    red = (pixels[..., 0] > 0.9) & (pixels[..., 1:] < 0.1).all(axis=-1)
    rows = np.nonzero(red.sum(axis=1) > 300)[0]  # the line across the axes
    assert 3 <= len(rows) <= 6
