"""The built wheel: what is in it, and that it works beside its core dependencies alone."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import files, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import lr_schedule
from tests.cli.running import run

pytestmark = pytest.mark.xdist_group("wheel")
ROOT = Path(__file__).parent.parent

USE = """
import sys
sys.path.insert(0, sys.argv[1])
from lr_schedule import BaseLRSchedule, json_schema
schedule = BaseLRSchedule.create({"type": "cosine_warmup", "initial_value": "3e-4"})
assert schedule(0.9) == 3e-4 and schedule.sample(3)[-1] == 0.0 and "cosine" in json_schema()["$defs"]
import lr_schedule
print(lr_schedule.__file__)
"""


def needed(distribution: str) -> set[str]:
    """Return the distributions that a distribution needs without any extra, and those that they need."""
    found: set[str] = set()
    for text in requires(distribution) or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            found |= {requirement.name, *needed(requirement.name)}
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    kinds = ["--wheel", "--sdist", "--no-isolation"]
    command = [sys.executable, "-m", "build", *kinds, "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


def test_both_distributions_pass_the_check_of_the_index(built: Path) -> None:
    files = sorted(map(str, built.iterdir()))
    assert len(files) == 2
    checked = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *files], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("PASSED") == 2


def test_the_version_is_the_same_wherever_it_is_said(wheel: Path) -> None:
    said = lr_schedule.__version__
    assert wheel.name.split("-")[1] == said
    assert f"\nversion: {said}\n" in (ROOT / "CITATION.cff").read_text()
    assert run("--version").stdout == f"lr-schedule {said}\n"


def test_the_wheel_holds_the_package_its_type_marker_and_its_licence_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "lr_schedule/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"lr_schedule"}
    assert {name for name in names if name.endswith(".py")} == {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "lr_schedule").rglob("*.py")
    }


def test_the_wheel_works_where_only_its_core_dependencies_are(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    core = needed("lr-schedule")
    assert {"pydantic", "numpy"} <= core
    assert not {"torch", "stable-baselines3", "matplotlib", "rich"} & core
    for distribution in core:
        for file in files(distribution) or []:
            top = Path(file.parts[0])
            if top.suffix != ".dist-info" and ".." not in file.parts and not (tmp_path / top).exists():
                (tmp_path / top).symlink_to(
                    Path(str(file.locate())).parents[len(file.parts) - 2] if len(file.parts) > 1 else file.locate()
                )
    command = [sys.executable, "-I", "-S", "-c", USE, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(str(tmp_path))
