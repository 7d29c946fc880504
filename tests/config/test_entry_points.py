"""Types of installed packages, by the entry points ``lr_schedule.types``: loaded only when such a type is named."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lr_schedule import BaseLRSchedule, ScheduleConfigError
from lr_schedule.config.registry import registry

MODULE = '''
from lr_schedule import BaseLRSchedule

class Square(BaseLRSchedule):
    """A power of two."""
    type = "plugged_square"
    final_value: float = 0.0

    def func(self, progress_remaining):
        return self.initial_value * progress_remaining**2
'''
POINTS = """[lr_schedule.types]
plugged_square = plugged_schedules:Square
plugged_broken = plugged_missing:Square
plugged_other = plugged_schedules:Square
plugged_number = plugged_schedules:__name__
"""


def install(folder: Path) -> None:
    (folder / "plugged_schedules.py").write_text(MODULE, encoding="utf-8")
    info = folder / "plugged-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugged\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(POINTS, encoding="utf-8")


@pytest.fixture
def plugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    install(tmp_path)
    before = dict(registry)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("plugged_schedules", None)
    registry.clear()
    registry.update(before)


def test_a_type_of_an_installed_package_works_like_a_built_in_one(plugged: None) -> None:
    schedule = BaseLRSchedule.create({"type": "plugged_square", "initial_value": 0.5, "warmup_fraction": 0.1})
    assert schedule(0.9) == 0.5
    assert BaseLRSchedule.create(schedule.to_config()) == schedule


@pytest.mark.parametrize("text", ["plugged_square_0.5", "plugged_square_0.5_0.1"])
def test_a_string_names_it_too(plugged: None, text: str) -> None:
    assert BaseLRSchedule.create(text)(1.0) == 0.5


def test_a_part_of_another_schedule_may_be_of_such_a_type(plugged: None) -> None:
    parts = [{"type": "plugged_square", "initial_value": 0.5, "fraction": 0.5}, {"initial_value": 0.1, "fraction": 0.5}]
    assert BaseLRSchedule.create(parts)(0.75) == 0.125


def test_nothing_is_loaded_before_it_is_named(plugged: None) -> None:
    BaseLRSchedule.create({"type": "cosine"})
    with pytest.raises(ScheduleConfigError):
        BaseLRSchedule.create({"type": "cosin"})
    assert "plugged_schedules" not in sys.modules
    BaseLRSchedule.create({"type": "plugged_square"})
    assert "plugged_schedules" in sys.modules


def test_a_misspelt_type_is_led_to_an_installed_one(plugged: None) -> None:
    message = r"unknown type; did you mean 'plugged_square'\? Allowed: .*plugged_square"
    with pytest.raises(ScheduleConfigError, match=message):
        BaseLRSchedule.create({"type": "pluged_square"})
    assert "plugged_schedules" not in sys.modules


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("plugged_broken", "type: the entry point plugged_missing:Square cannot be loaded: ModuleNotFoundError: "),
        ("plugged_other", "type: the entry point plugged_schedules:Square defines no type of that name"),
        ("plugged_number", "type: the entry point plugged_schedules:__name__ defines no type of that name"),
    ],
)
def test_an_entry_point_that_does_not_give_its_type_is_an_error_that_names_it(
    plugged: None, name: str, message: str
) -> None:
    with pytest.raises(ScheduleConfigError, match="^" + re.escape(message)):
        BaseLRSchedule.create({"type": name})


def test_a_name_in_a_config_is_never_imported(plugged: None) -> None:
    for name in ("plugged_schedules:Square", "plugged_schedules.Square", "os.system", "subprocess:run"):
        with pytest.raises(ScheduleConfigError, match="unknown type"):
            BaseLRSchedule.create({"type": name})
    assert "plugged_schedules" not in sys.modules


def test_a_known_type_reads_no_metadata_of_packages() -> None:
    code = (
        "import sys\nfrom lr_schedule import BaseLRSchedule\nfrom lr_schedule.config import registry\n"
        "registry.installed_types = None\nBaseLRSchedule.create({'type': 'cosine'}), BaseLRSchedule.create('lin_3e-4')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
