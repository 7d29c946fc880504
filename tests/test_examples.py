"""The examples: each stands alone, is in the table, and is one that `preview` has nothing to say about."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from lr_schedule import ScheduleConfigError
from lr_schedule.sb3 import ScheduleCallback, preview
from tests.recorded import EXAMPLES, constants, look_ahead, run, section

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))


INSTALLED = {"gymnasium", "lr_schedule", "matplotlib", "numpy", "stable_baselines3", "torch", "yaml"}
"""What the extra `examples` brings, and no file of the folder."""
OF_JAX = {"bridge_one_cycle_ppo": {"optax"}, "optax_loop": {"jax", "optax"}}
"""What the extra `jax` brings, for the two examples that need it."""


@pytest.mark.parametrize("name", NAMES)
def test_an_example_imports_only_what_its_extras_install(name: str) -> None:
    tree = ast.parse((EXAMPLES / f"{name}.py").read_text(encoding="utf-8"))
    found = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    found |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    others = {module.split(".")[0] for module in found} - sys.stdlib_module_names
    assert others - INSTALLED == OF_JAX.get(name, set())


def test_the_table_of_examples_names_each_file_and_its_command() -> None:
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    files = {path.name for path in EXAMPLES.iterdir() if path.suffix in {".py", ".ipynb"}}
    assert set(re.findall(r"^\| \[`(\w+\.\w+)`\]", readme, re.MULTILINE)) == files
    assert set(re.findall(r"`python (\w+)\.py`", readme)) == set(NAMES)


LEARNING = ["bridge_one_cycle_ppo", "kl_ppo", "ppo_cartpole", "resume", "sac_pendulum", "schedule_callback"]
"""The examples that call `learn`."""


@pytest.mark.parametrize("name", LEARNING)
def test_preview_has_no_warning_for_the_run_of_an_example(name: str, tmp_path: Path) -> None:
    seen = look_ahead(name, tmp_path)
    assert [warning for each in seen for warning in each.warnings] == []
    assert all(len(each) >= 20 for each in seen)
    assert len(seen) == (2 if name == "bridge_one_cycle_ppo" else 1)


def test_every_example_that_calls_learn_is_previewed() -> None:
    assert [name for name in NAMES if ".learn(" in (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")] == LEARNING


def test_preview_has_no_warning_for_the_schedules_of_the_loops() -> None:
    loop, long = constants("custom_loop"), constants("cleanrl_style_ppo")
    rate, entropy = loop["SCHEDULES"].values()
    seen = preview({"learning_rate": rate, "ent_coef": entropy}, "PPO", 60_000, n_envs=16, n_steps=64)
    assert seen.warnings == ()
    names = ("LEARNING_RATE", "CLIP_COEFFICIENT", "ENTROPY_COEFFICIENT")
    schedules = dict(zip(("learning_rate", "clip_range", "ent_coef"), (long[name] for name in names), strict=True))
    assert preview(schedules, "PPO", 100_000, n_envs=8, n_steps=64).warnings == ()


def test_a_warning_in_an_example_is_found(tmp_path: Path) -> None:
    text = (EXAMPLES / "ppo_cartpole.yml").read_text(encoding="utf-8").replace("final_value: 1e-5", "final_value: 0")
    (tmp_path / "to_zero.yml").write_text(text, encoding="utf-8")
    (seen,) = look_ahead("ppo_cartpole", tmp_path, "--config", "to_zero.yml")
    (warning,) = seen.warnings
    assert "the value is 0 in the last update" in warning


def test_a_mistake_in_the_yaml_file_is_named_before_training_starts(tmp_path: Path) -> None:
    config = (EXAMPLES / "ppo_cartpole.yml").read_text(encoding="utf-8").replace("final_value", "final_valu")
    (tmp_path / "mistake.yml").write_text(config, encoding="utf-8")
    with pytest.raises(ScheduleConfigError, match=r"^final_valu: unknown key; did you mean 'final_value'\?"):
        run("ppo_cartpole", tmp_path, "--config", "mistake.yml")
    assert not (tmp_path / "runs").exists()


def test_the_example_with_a_controller_is_a_section_of_the_zoo() -> None:
    of_task = section("kl_ppo")["CartPole-v1"]
    (callback,) = of_task["callback"]
    keywords = callback["lr_schedule.sb3.ScheduleCallback"]
    assert keywords["schedules"]["learning_rate"]["controller"] == "kl"
    assert ScheduleCallback(**keywords).schedules == keywords["schedules"]
    assert isinstance(of_task["learning_rate"], float)
