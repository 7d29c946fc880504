"""What making and comparing a schedule cost, and what starting the package costs, beside peers."""

from __future__ import annotations

import compileall
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import LinearLR

import lr_schedule
from lr_schedule import BaseLRSchedule

FLAT = {"type": "linear", "initial_value": 3e-4, "final_value": 1e-5}
PHASES = [
    {"type": "linear", "initial_value": 3e-4, "fraction": 0.3},
    {"type": "cosine", "initial_value": 3e-4, "fraction": 0.7},
]
CONFIGS: dict[str, tuple[Any, float]] = {"flat": (FLAT, 3.0), "two phases": (PHASES, 8.0)}
"""Configs, and how many times the making of torch's LinearLR they may cost."""


@pytest.mark.parametrize("name", CONFIGS)
def test_create_ours(race: Any, name: str) -> None:
    race(f"create: {name}", "ours", BaseLRSchedule.create, CONFIGS[name][0], calls=100)


@pytest.mark.parametrize("name", CONFIGS)
def test_create_torch(race: Any, name: str) -> None:
    warnings.simplefilter("ignore")  # that of a scheduler that is made over an optimizer which has one already
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    race(f"create: {name}", "torch LinearLR", LinearLR, optimizer, aim=CONFIGS[name][1], calls=100)


@pytest.mark.parametrize("name", CONFIGS)
def test_equality(race: Any, name: str) -> None:
    config = CONFIGS[name][0]
    race(f"equality: {name}", "ours", BaseLRSchedule.create(config).__eq__, BaseLRSchedule.create(config), calls=1000)


@pytest.mark.parametrize("name", CONFIGS)
def test_hash(race: Any, name: str) -> None:
    race(f"hash: {name}", "ours", hash, BaseLRSchedule.create(CONFIGS[name][0]), calls=1000)


@pytest.mark.parametrize("name", CONFIGS)
def test_equality_of_a_string(race: Any, name: str) -> None:
    text = str(CONFIGS[name][0])
    race(f"equality: {name}", "str of the config", text.__eq__, "".join(list(text)), calls=1000)


@pytest.mark.parametrize("name", CONFIGS)
def test_hash_of_a_string(race: Any, name: str) -> None:
    race(f"hash: {name}", "str of the config", hash, str(CONFIGS[name][0]), calls=1000)


@pytest.fixture(scope="module")
def compiled() -> None:
    """Compile the package, as an installed one is; with PYTHONDONTWRITEBYTECODE each process would do so anew."""
    compileall.compile_dir(str(Path(lr_schedule.__file__).parent), quiet=2)


def start(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


COMMAND = str(Path(sys.executable).with_name("lr-schedule"))
STARTS: dict[str, tuple[list[str], float]] = {
    "import lr_schedule": (["-c", "import lr_schedule"], 1.0),
    "lr-schedule --help": ([COMMAND, "--help"], 0.6),
    "lr-schedule --version": ([COMMAND, "--version"], 0.6),
}
"""What a new process is started with, and how many times `import numpy, pydantic` it may cost."""


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("name", STARTS)
def test_start_ours(race: Any, name: str) -> None:
    race(f"process: {name}", "ours", lambda arguments: start(*arguments), STARTS[name][0])


@pytest.mark.parametrize("name", STARTS)
def test_start_of_numpy_and_pydantic(race: Any, name: str) -> None:
    statement = "import numpy, pydantic; pydantic.BaseModel"  # a name of pydantic is imported when it is first used
    race(f"process: {name}", "numpy and pydantic", lambda code: start("-c", code), statement, aim=STARTS[name][1])
