"""Curves and tables in a terminal."""

from __future__ import annotations

import re

from lr_schedule.pictures.text import chart, sparkline, table


def test_a_chart_puts_a_value_in_its_row_and_its_column() -> None:
    lines = chart([[1.0, 0.5, 0.0]], ["fall"], width=3, height=3).splitlines()
    assert [line[11:] for line in lines[:3]] == ["●", " ●", "  ●"]
    assert lines[-1] == "● fall"


def test_a_logarithmic_chart_leaves_zeros_out_and_spaces_powers_evenly() -> None:
    lines = chart([[1.0, 0.1, 0.01, 0.0]], ["fall"], width=4, height=3, log=True).splitlines()
    assert [line[11:] for line in lines[:3]] == ["●", " ●", "  ●"]


def test_a_chart_of_nothing_but_zeros_or_of_one_value_is_drawn() -> None:
    assert chart([[0.0, 0.0]], ["off"], log=True).count("●") == 1
    assert chart([[0.5, 0.5]], ["flat"], log=True, width=4, height=2).splitlines()[0].endswith("●●●●")
    assert chart([[0.0, 0.0]], ["off"], width=4, height=2).splitlines()[1].endswith("●●●●")


def test_colors_change_nothing_but_colors_and_a_long_label_is_cut_at_the_width() -> None:
    label = "warmup_stable_decay initial_value=0.0003"
    plain = chart([[1.0, 0.0], [0.5, 0.5]], [label, "flat"], width=20, height=3)
    colored = chart([[1.0, 0.0], [0.5, 0.5]], [label, "flat"], width=20, height=3, color=True)
    assert "\33[36m●\33[0m" in colored
    assert "\33[33m+\33[0m" in colored
    assert re.sub(r"\x1b\[\d+m", "", colored) == plain
    assert max(map(len, plain.splitlines())) == 31
    assert plain.splitlines()[-2] == "● warmup_stable_decay initial_…"


def test_a_sparkline_has_the_height_of_each_value() -> None:
    assert sparkline([0.0, 0.5, 1.0]) == "▁▅█"
    assert sparkline([0.0]) == "▁"


def test_the_columns_of_a_table_are_as_wide_as_their_widest_cell() -> None:
    assert table([("a", "b"), ("ccc", "d")]) == "a    b\n───  ─\nccc  d"
