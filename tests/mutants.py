"""Which small faults in the package do the tests not see?

    python -m tests.mutants [--count 400] [--seed 0] [--workers 1] [--rooms kinds bridge ...] [--results FILE]

Each mutant is the package with one fault: a comparison, an operator, a number or a condition changed, a statement left
out. It runs against the tests of its room, in a copy of the repository. One that no test fails on has survived: a test
is missing, or the fault changes nothing (then its identity, as the report prints it, goes into a line of
``tests/equivalent_mutants.txt``, with the reason behind two spaces and a #).

Finished mutants stand in the file of results, and are not run again when the script is started once more. A new test
may kill what survived: delete the file, or its lines, to run them again.
"""

from __future__ import annotations

import argparse
import ast
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
PACKAGE = "lr_schedule"
EQUIVALENT = Path(__file__).parent / "equivalent_mutants.txt"
COPIED = ("lr_schedule", "tests", "docs", "examples", "pyproject.toml", "README.md")

KINDS = [
    *[f"tests/kinds/test_{name}.py" for name in ("cases", "checks", "joints", "documented_keys", "digits", "pickles")],
    *["tests/config/test_errors.py", "tests/kinds/test_values.py", "tests/kinds/test_properties.py"],
]
CONFIG = [
    *["tests/config", "tests/cli/test_types.py"],
    *[f"tests/kinds/test_{name}.py" for name in ("checks", "documented_keys", "digits")],
]
ROOMS: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "kinds": (("kinds",), KINDS),
    "numeric": (
        ("numeric",),
        ["tests/numeric", "tests/kinds/test_cases.py", "tests/kinds/test_joints.py", "tests/kinds"],
    ),
    "config": (
        ("base", "config", "errors", "fields", "steps"),
        [*CONFIG, "tests/numeric", "tests/kinds/test_cases.py"],
    ),
    "bridge": (("bridge",), ["tests/bridge"]),
    "sb3": (("sb3",), ["tests/sb3"]),
    "zoo": (("zoo",), ["tests/zoo"]),
}
"""Each room with its parts of the package and its tests, those first that fail fastest."""

PAIRS = "Lt LtE, Gt GtE, Eq NotEq, Is IsNot, In NotIn, Add Sub, Mult Div, And Or"
SWAPPED: dict[type[ast.AST], Any] = {ast.Pow: ast.Mult, ast.FloorDiv: ast.Div}
for one, other in (pair.split() for pair in PAIRS.split(", ")):
    SWAPPED |= {getattr(ast, one): getattr(ast, other), getattr(ast, other): getattr(ast, one)}


class Mutant(NamedTuple):
    """One fault: where it is, what stood there, and what stands there now."""

    room: str
    file: str
    line: int
    place: tuple[int, int]
    original: str
    mutated: str
    identity: str
    """What names the fault, also after lines above it have changed."""


def changed(node: ast.AST) -> Iterator[str]:
    """Yield the text of each fault that can be made of one node of the syntax tree."""
    if isinstance(node, ast.Compare):
        for n, operator in enumerate(node.ops):
            operators: list[Any] = [*node.ops[:n], SWAPPED[type(operator)](), *node.ops[n + 1 :]]
            yield ast.unparse(ast.Compare(node.left, operators, node.comparators))
    elif isinstance(node, ast.BinOp) and type(node.op) in SWAPPED:
        yield ast.unparse(ast.BinOp(node.left, SWAPPED[type(node.op)](), node.right))
    elif isinstance(node, ast.BoolOp):
        yield ast.unparse(ast.BoolOp(SWAPPED[type(node.op)](), node.values))
    elif isinstance(node, ast.UnaryOp):
        yield ast.unparse(node.operand)
    elif isinstance(node, ast.IfExp):
        yield ast.unparse(ast.IfExp(node.test, node.orelse, node.body))
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield repr(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        yield repr(node.value + 1)
    elif isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        yield "pass"
    elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield "return None"


def nodes_of(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run: no annotations, docstrings, texts of messages, and nothing for type checkers alone."""
    for name, field in ast.iter_fields(tree):
        if name in ("annotation", "returns", "type_comment", "decorator_list"):
            continue
        for node in field if isinstance(field, list) else [field]:
            if not isinstance(node, ast.AST) or isinstance(node, (ast.JoinedStr, ast.Import, ast.ImportFrom)):
                continue
            for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
            if for_types or (isinstance(node, ast.keyword) and node.arg == "strict"):  # zip's, which says what is known
                continue
            yield node
            yield from nodes_of(node)


def mutants_of(path: Path, room: str) -> Iterator[Mutant]:
    """Yield every fault that can be made in a file."""
    text = path.read_text(encoding="utf-8")
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    lines = text.splitlines()
    seen: collections.Counter[str] = collections.Counter()
    for node in nodes_of(ast.parse(text)):
        for mutated in changed(node):
            at: Any = node
            first, last = starts[at.lineno - 1] + at.col_offset, starts[at.end_lineno - 1] + at.end_col_offset
            original = " ".join(text.encode()[first:last].decode().split())
            new = mutated if isinstance(node, ast.stmt) else f"({mutated})"
            file, line = str(path.relative_to(ROOT)), lines[at.lineno - 1]
            identity = f"{file}: {line.strip()} [{at.col_offset - line.index(line.strip())}]: {original} -> {new}"
            seen[identity] += 1
            identity += f" ({seen[identity]})" if seen[identity] > 1 else ""  # the same line stands in several classes
            yield Mutant(room, file, at.lineno, (first, last), original, new, identity)


def all_mutants(room: str) -> list[Mutant]:
    """Return every fault that can be made in a room."""
    files = [
        path
        for part in ROOMS[room][0]
        for path in sorted([*(ROOT / PACKAGE).glob(f"{part}.py"), *(ROOT / PACKAGE / part).rglob("*.py")])
    ]
    return [mutant for path in files for mutant in mutants_of(path, room)]


def drawn(rooms: Sequence[str], count: int, seed: int) -> list[Mutant]:
    """Return `count` mutants, of each room as many as it has of all that could be made."""
    found = {room: all_mutants(room) for room in rooms}
    total = sum(len(mutants) for mutants in found.values())
    chosen = []
    for room, mutants in found.items():
        shares = round(count * len(mutants) / total)
        # A generator of its own for each file and room: what is drawn there does not depend on the other rooms.
        chosen += random.Random(f"{seed} {room}").sample(mutants, min(max(shares, 1), len(mutants)))
    return chosen


def copy_of_the_repository(folder: Path) -> Path:
    """Return a copy in which a file may be changed."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    return folder


def run_tests(copy: Path, room: str, limit: float) -> tuple[str, str]:
    """Return how the tests of a room ended (passed, failed, timeout), and the last line that they wrote."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-m",
        "not slow",
        "-p",
        "no:benchmark",
        "-p",
        "no:cacheprovider",
    ]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "CI": "1"}
    process = subprocess.Popen(
        [*command, *ROOMS[room][1]],
        cwd=copy,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        return "timeout", f"no end after {limit:.0f} s"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    told = [line for line in output.splitlines() if line.startswith(("FAILED", "ERROR"))] or output.splitlines()[-1:]
    return ("passed" if process.returncode == 0 else "failed"), " ".join(told[:1])


def try_mutant(mutant: Mutant, copy: Path, limit: float) -> dict[str, Any]:
    """Run the tests against a mutant, and return what became of it; the copy is then as it was before."""
    path = copy / mutant.file
    before = path.read_bytes()
    first, last = mutant.place
    path.write_bytes(before[:first] + mutant.mutated.encode() + before[last:])
    started = time.monotonic()
    try:
        ended, told = run_tests(copy, mutant.room, limit)
    finally:
        path.write_bytes(before)
    outcome = {"passed": "survived", "failed": "killed", "timeout": "killed"}[ended]
    seconds = round(time.monotonic() - started, 1)
    return {**mutant._asdict(), "outcome": outcome, "by": told, "seconds": seconds}


def judged() -> set[str]:
    """Return the identities of the mutants that change nothing."""
    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines() if EQUIVALENT.exists() else []
    return {line.partition("  # ")[0].strip() for line in lines if line.strip() and not line.startswith("#")}


def report(results: Sequence[dict[str, Any]]) -> None:
    """Print what survived, and how many mutants of each room were killed."""
    equivalent = judged()
    counted = [result for result in results if result["identity"] not in equivalent]
    for result in counted:
        if result["outcome"] == "survived":
            print(f"survived at line {result['line']} of {result['identity']}")
    for room in [*ROOMS, "all"]:
        outcomes = collections.Counter(r["outcome"] for r in counted if room in (r["room"], "all"))
        if outcomes:
            share = outcomes["killed"] / outcomes.total()
            print(f"{room}: {outcomes['killed']} of {outcomes.total()} killed ({share:.1%})")
    print(f"{len(results) - len(counted)} mutants that change nothing are not counted")


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw mutants, run each that has no result yet, and print the report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=400, help="how many mutants (400)")
    parser.add_argument("--seed", type=int, default=0, help="which ones (0)")
    parser.add_argument("--workers", type=int, default=1, help="how many at a time (1)")
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=list(ROOMS))
    parser.add_argument("--results", type=Path, default=ROOT / "build" / "mutants.jsonl", help="what is done already")
    options = parser.parse_args(arguments)
    options.results.parent.mkdir(exist_ok=True)
    lines = options.results.read_text(encoding="utf-8").splitlines() if options.results.exists() else []
    done = {result["identity"]: result for result in map(json.loads, lines)}
    chosen = drawn(options.rooms, options.count, options.seed)
    waiting = [mutant for mutant in chosen if mutant.identity not in done]

    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies: Queue[Path] = Queue()
        for number in range(options.workers):
            copies.put(copy_of_the_repository(Path(folder) / str(number)))
        limits = {}
        for room in {mutant.room for mutant in waiting}:
            started = time.monotonic()
            copy = copies.get()
            ended, told = run_tests(copy, room, 3600.0)
            copies.put(copy)
            if ended != "passed":
                raise SystemExit(f"the tests of {room} fail without a mutant: {told}")
            seconds = time.monotonic() - started
            limits[room] = 60.0 + 4.0 * seconds
            print(f"{room}: {seconds:.0f} s without a mutant", flush=True)

        def run(mutant: Mutant) -> dict[str, Any]:
            copy = copies.get()
            try:
                return try_mutant(mutant, copy, limits[mutant.room])
            finally:
                copies.put(copy)

        with ThreadPoolExecutor(options.workers) as pool, options.results.open("a", encoding="utf-8") as stream:
            for result in pool.map(run, waiting):
                done[result["identity"]] = result
                print(f"{result['outcome']} in {result['seconds']} s: {result['identity']}", flush=True)
                stream.write(json.dumps(result) + "\n")
                stream.flush()
    report([done[mutant.identity] for mutant in chosen])


if __name__ == "__main__":
    main()
