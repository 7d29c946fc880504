"""Programs run in processes of their own, without each paying for the import of torch and Stable-Baselines3 again.

On Linux a process is forked from a server that has imported the large libraries, and nothing of `lr_schedule`: whatever
a program needs of the package, it imports itself. It gets its own arguments, folder, environment and streams. Elsewhere
a new interpreter is started. Where the promise is about what is imported, a test starts one too.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
import types
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

LARGE = ["pydantic", "torch", "stable_baselines3", "sb3_contrib", "optuna", "matplotlib.pyplot", "rl_zoo3.exp_manager"]
"""What the server imports; not JAX, whose threads do not outlive a fork."""


class Finished(NamedTuple):
    """What a program printed, and its exit status."""

    returncode: int
    stdout: str
    stderr: str


class Program:
    """A program that has been started: ``script.py``, ``-m module`` or ``-c code``, and its arguments."""

    def __init__(self, *arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
        self._streams = [tempfile.NamedTemporaryFile(suffix=".txt") for _ in range(2)]  # noqa: SIM115
        out, err = (stream.name for stream in self._streams)
        given = [str(argument) for argument in arguments]
        folder, environment = str(cwd or Path.cwd()), dict(os.environ if env is None else env)
        if sys.platform == "linux":
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(LARGE)
            self._forked = context.Process(target=_run, args=(given, folder, environment, out, err))
            self._forked.start()
            self._started = None
        else:
            command = [sys.executable, *given]
            self._started = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=self._streams[0], stderr=self._streams[1]
            )

    def finish(self) -> Finished:
        """Wait for the end of the program."""
        if self._started is None:
            self._forked.join()
            status = self._forked.exitcode
            self._forked.close()
        else:
            status = self._started.wait()
        texts = [Path(stream.name).read_text(encoding="utf-8") for stream in self._streams]
        for stream in self._streams:
            stream.close()
        return Finished(-1 if status is None else status, *texts)


def python(*arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Finished:
    """Run a program to its end, which must be a good one."""
    finished = Program(*arguments, cwd=cwd, env=env).finish()
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished


def _run(arguments: list[str], folder: str, environment: dict[str, str], out: str, err: str) -> None:
    """Do in a forked process what a new interpreter does."""
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path not in sys.path]
    if arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        exec(compile(arguments[1], "<string>", "exec"), vars(main))
    elif arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        sys.path.insert(0, str(Path(arguments[0]).parent))
        runpy.run_path(arguments[0], run_name="__main__")
