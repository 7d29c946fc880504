"""Where a package is missing, a user reads one sentence with the command that brings it, in Python and in a shell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lr_schedule.errors import EXTRAS, how_to_install

tomllib = pytest.importorskip("tomllib")  # Python 3.10 has none

ROOT = Path(__file__).parents[1]
WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
"""
FILE = """
CartPole-v1:
  n_timesteps: 1000
  policy: MlpPolicy
  policy_kwargs: dict(activation_fn=nn.ReLU)
"""
LOAD = "from lr_schedule.zoo import load_hyperparams\nload_hyperparams({{'policy_kwargs': {!r}}})"
IN_PYTHON = [
    ("torch", "import lr_schedule.optim"),
    ("torch", "import lr_schedule\nlr_schedule.from_torch('ExponentialLR', 10, gamma=0.9)"),
    (
        "torch",
        "from lr_schedule import BaseLRSchedule\n"
        "BaseLRSchedule.create({'type': 'torch', 'scheduler': 'LinearLR', 'total_steps': 9})",
    ),
    ("torch", LOAD.format("dict(activation_fn=nn.ReLU)")),
    ("stable_baselines3", LOAD.format("dict(optimizer_class=RMSpropTFLike)")),
    ("stable_baselines3", LOAD.format("dict(a=HerReplayBuffer)")),
    ("stable_baselines3", "import lr_schedule.sb3"),
    ("stable_baselines3", "from lr_schedule.sb3 import ScheduleCallback"),
    ("sb3_contrib", "from lr_schedule.sb3 import preview\npreview('lin_0.1', 'TQC', 100)"),
    ("sbx", "from lr_schedule.sb3 import preview\npreview('lin_0.1', 'SBX SAC', 100)"),
    ("optuna", "from lr_schedule.compare import compare"),
    ("scipy", "from lr_schedule.compare import compare\ncompare({'a': 1, 'b': 2}, print)"),
    ("matplotlib", "import lr_schedule\nlr_schedule.plot(['lin_0.1'])"),
    ("matplotlib", "import lr_schedule\nlr_schedule.BaseLRSchedule.create('lin_0.1').plot()"),
]
COMMANDS = [
    ("matplotlib", "lr_schedule.cli", ["plot", "lin_0.1", "-o", "a.png"]),
    ("optuna", "lr_schedule.cli", ["compare"]),
    ("scipy", "lr_schedule.cli", ["compare"]),
    ("stable_baselines3", "lr_schedule.cli", ["preview", "ppo.yml", "--algo", "ppo"]),
    ("stable_baselines3", "lr_schedule.cli", ["check", "ppo.yml", "--algo", "ppo"]),
    ("stable_baselines3", "lr_schedule.cli", ["show", "model.zip"]),
    ("sb3_contrib", "lr_schedule.cli", ["preview", "ppo.yml", "--algo", "tqc"]),
    ("torch", "lr_schedule.cli", ["check", "ppo.yml"]),
    ("rl_zoo3", "lr_schedule.zoo", ["train"]),
    ("rl_zoo3", "lr_schedule.zoo", ["enjoy"]),
]


def run(missing: str, code: str, folder: Path) -> list[str]:
    """Return what a program that cannot import a package writes about it."""
    prepared = WITHOUT.format(missing={missing}) + code
    command = [sys.executable, "-c", prepared]
    result = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert result.returncode == 1, result.stdout
    return result.stderr.splitlines()


@pytest.mark.parametrize(("missing", "code"), IN_PYTHON)
def test_in_python_the_error_names_the_package_and_the_way_to_install_it(
    missing: str, code: str, tmp_path: Path
) -> None:
    *_, last = run(missing, f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}", tmp_path)
    assert how_to_install(missing, "compare" if "compare" in code else None) in last
    assert "ModuleNotFoundError: needs" in last or "ScheduleConfigError: algo: needs" in last


@pytest.mark.parametrize(("missing", "module", "arguments"), COMMANDS)
def test_on_the_command_line_it_is_one_line(missing: str, module: str, arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "ppo.yml").write_text(FILE)
    program = f"import sys, runpy\nsys.path.insert(0, {str(ROOT)!r})\nsys.argv = ['x', *{arguments!r}]\n"
    (line,) = run(missing, f"{program}runpy.run_module({module!r}, run_name='__main__')", tmp_path)
    assert line.startswith("error: ")
    assert how_to_install(missing, "compare" if "compare" in arguments else None) in line


def test_each_extra_that_is_named_exists_and_brings_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    distributions = {"sbx": "sbx-rl"}
    for package, extra in EXTRAS.items():
        name = distributions.get(package, package).replace("_", "-")
        assert any(stated.replace("_", "-").startswith(f"{name}>=") for stated in project[extra])
