"""The command line as a whole: its help, its exit status, its streams, and what it imports."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import lr_schedule
from tests.cli.running import run, run_process


def test_the_command_line_in_a_process_of_its_own_prints_and_exits_as_in_this_one(good: Path, bad: Path) -> None:
    preview = ["preview", good, "--env", "CartPole-v1", "--algo", "ppo"]
    for arguments in (["check", good], ["check", bad], ["plot", "cosin_3e-4"], preview):
        assert run_process(*arguments) == run(*arguments)


@pytest.mark.parametrize("arguments", [[], ["plott"], ["plot"], ["plot", "0.1", "--total-timesteps", "-5"]])
def test_a_wrong_command_line_is_status_2_with_its_usage(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert result.stderr.startswith("usage: lr-schedule")


@pytest.mark.parametrize("command", ["plot", "preview", "check", "schema", "types", "show"])
def test_every_help_text_has_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.returncode == 0
    assert f"  lr-schedule {command}" in result.stdout.partition("examples:")[2]


def test_version_is_that_of_the_installed_package() -> None:
    assert run("--version") == (0, f"lr-schedule {version('lr-schedule')}\n", "")


GRAMMAR = """
import sys, types
# Only the command line counts here, whatever the package itself imports.
package = sys.modules["lr_schedule"] = types.ModuleType("lr_schedule")
package.__path__ = [sys.argv[1]]
from lr_schedule.cli.main import make_parser
make_parser().format_help()
heavy = {"numpy", "pydantic", "yaml", "importlib.metadata"} & set(sys.modules)
assert not heavy, heavy
"""


def test_the_grammar_of_the_command_line_imports_nothing_heavy() -> None:
    folder = Path(lr_schedule.__file__).parent
    subprocess.run([sys.executable, "-c", GRAMMAR, str(folder)], check=True, capture_output=True)


def test_a_reader_that_stops_early_causes_no_traceback() -> None:
    command = [sys.executable, "-m", "lr_schedule.cli", "types"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_a_terminal_without_unicode_causes_no_traceback() -> None:
    result = run_process("types", environment={"PYTHONIOENCODING": "ascii", "PATH": ""})
    assert (result.returncode, result.stderr) == (0, "")


CORE = """
import sys
from lr_schedule.cli.main import main
for arguments in (["check", sys.argv[1]], ["plot", "cosine_3e-4"], ["types"], ["schema"]):
    assert main(arguments) == 0
    heavy = {"torch", "stable_baselines3", "gymnasium", "matplotlib", "optuna", "rl_zoo3"} & set(sys.modules)
    assert not heavy, (arguments, heavy)
"""


def test_the_core_commands_import_no_framework(good: Path) -> None:
    subprocess.run([sys.executable, "-c", CORE, str(good)], check=True, capture_output=True)
