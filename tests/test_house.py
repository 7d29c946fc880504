"""The house: what may import what, how long a file may be, and what `import lr_schedule` loads.

Each rule is a function from the files of a package to what breaks it; each is shown to find a fault in a made-up house.
"""

from __future__ import annotations

import ast
import collections
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import lr_schedule

TESTS = Path(__file__).parent
PACKAGE = Path(lr_schedule.__file__).parent

FLOORS = (
    ("cli",),
    ("compare",),
    ("zoo",),
    ("sb3", "adapters"),
    ("tune", "plotting"),
    ("bridge", "optim"),
    ("control",),
    ("kinds",),
    ("base",),
    ("config",),
    ("numeric", "pictures"),
    ("steps",),
    ("fields",),
    ("errors",),
)
"""The rooms from the top floor to the ground; a room may import from the floors below it."""

MOST_ROOMS = 18
"""Few enough to keep in mind. The newest, `adapters`, holds a file for each library that needs one."""
MOST_LINES = 299

FRAMEWORKS = {
    "torch": ("numeric.arrays", "numeric.torch", "bridge", "optim", "sb3", "adapters.rsl_rl", "zoo", "compare"),
    "jax": ("bridge", "numeric"),
    "stable_baselines3": ("sb3", "zoo", "compare"),
    "sb3_contrib": ("sb3", "zoo", "compare"),
    "sbx": ("sb3",),
    "gymnasium": ("zoo", "compare"),
    "rl_zoo3": ("zoo", "compare"),
    "rl_games": ("adapters.rl_games",),
    "rsl_rl": (),
    "matplotlib": ("pictures", "cli", "compare"),
    "optuna": ("tune", "zoo", "compare"),
    "scipy": ("compare",),
    "pytorch_optimizer": ("optim",),
    "pydantic": ("fields", "config"),
    "pydantic_core": ("fields", "config"),
    "yaml": ("config", "zoo", "cli"),
}
"""The files and folders that may use a library; for types alone, any may name it."""

ARRAYS = "numeric.arrays"
"""The one file from `kinds` down that needs numpy as soon as it is imported: itself it is imported for an array."""

DATA = ("keras", "optax", "optuna", "scipy", "transformers")
HEAVY = ("torch", "jax", "stable_baselines3", "gymnasium", "matplotlib", "rich", *DATA)


AT_ONCE, LATER, FOR_TYPES = "when its file is imported", "when a function is called", "by type checkers alone"


class Import(NamedTuple):
    """An import: in which file (``kinds.decay``; the front door is ``""``), of what, and when it is run."""

    file: str
    imported: str
    when: str


House = dict[str, str]
"""The text of each file of a package, by its name from there on: ``kinds.decay``, ``kinds`` for its face, ``""``."""


def read_house(folder: Path) -> House:
    house = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        house[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return house


def imports_of(house: House, package: str = "lr_schedule") -> Iterator[Import]:
    """Yield every import of every file, in functions and under TYPE_CHECKING too."""
    for file, text in house.items():
        for node, when in statements(ast.parse(text)):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file}: a relative import"
                for alias in node.names:
                    member = f"{node.module}.{alias.name}"
                    within = member.removeprefix(package + ".") in house and member.startswith(package + ".")
                    names.append(member if within else str(node.module))
            for name in names:
                yield Import(file, name, when)


def statements(tree: ast.AST, when: str = AT_ONCE) -> Iterator[tuple[ast.AST, str]]:
    """Yield every node of a file, and when it is run."""
    for node in ast.iter_child_nodes(tree):
        yield node, when
        inner = when
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            inner = FOR_TYPES
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and when == AT_ONCE:
            inner = LATER
        yield from statements(node, inner)


def own_imports(house: House, package: str = "lr_schedule") -> list[tuple[str, str]]:
    """Return which file of the house imports which."""
    found = []
    for file, imported, _ in imports_of(house, package):
        if imported.split(".")[0] == package:
            found.append((file, imported[len(package) + 1 :]))
    return found


def circles(house: House) -> list[list[str]]:
    """Return the files that import each other, around: each set of files from each of which all others are reached."""
    arrows = collections.defaultdict(set)
    for file, imported in own_imports(house):
        arrows[file].add(imported)
    reached: dict[str, set[str]] = {}
    for file in house:
        seen: set[str] = set()
        waiting = [file]
        while waiting:
            for other in arrows[waiting.pop()] - seen:
                seen.add(other)
                waiting.append(other)
        reached[file] = seen
    around = {frozenset(other for other in reached[file] if file in reached[other]) for file in house}
    return sorted(sorted(members) for members in around if members)


def climbs(house: House) -> list[str]:
    """Return the imports that do not lead to a floor below, and the rooms that stand on no floor."""
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    problems = [f"{room} stands on no floor" for room in sorted(rooms_of(house) - floor.keys())]
    for file, imported in own_imports(house):
        above, below = file.split(".")[0], imported.split(".")[0]
        if not above or (above == below and imported):  # the front door, and what stands in one room
            continue
        if below not in floor or above not in floor or floor[below] <= floor[above]:
            problems.append(f"{file} imports {imported or 'the front door'}")
    return problems


def rooms_of(house: House) -> set[str]:
    return {file.split(".")[0] for file in house if file}


def misplaced(house: House) -> list[str]:
    """Return the imports of libraries in files that are not to use them."""
    problems = []
    for file, imported, when in imports_of(house):
        if when == FOR_TYPES:
            continue
        allowed = FRAMEWORKS.get(imported.split(".")[0])
        if allowed is not None and not any(file == place or file.startswith(place + ".") for place in allowed):
            problems.append(f"{file} imports {imported}")
    return problems


def loads_numpy(house: House) -> list[str]:
    """Return the files from `kinds` down that import numpy as soon as they are imported, and not where they use it."""
    rooms = {room for rooms in FLOORS[FLOORS.index(("kinds",)) :] for room in rooms}
    found = [file for file, name, when in imports_of(house) if when == AT_ONCE and name.split(".")[0] == "numpy"]
    return [file for file in found if file.split(".")[0] in rooms and file != ARRAYS]


def too_long(house: House) -> list[str]:
    return [file for file, text in house.items() if len(text.splitlines()) > MOST_LINES]


def test_no_file_imports_itself_by_way_of_others() -> None:
    assert circles(read_house(PACKAGE)) == []


def test_imports_only_run_downwards() -> None:
    assert climbs(read_house(PACKAGE)) == []


def test_there_are_few_rooms() -> None:
    assert len(rooms_of(read_house(PACKAGE))) <= MOST_ROOMS


@pytest.mark.parametrize("folder", [PACKAGE, TESTS], ids=["package", "tests"])
def test_every_file_stays_short(folder: Path) -> None:
    assert too_long(read_house(folder)) == []


def test_libraries_are_imported_only_where_they_are_used() -> None:
    assert misplaced(read_house(PACKAGE)) == []


def test_a_float_needs_no_numpy() -> None:
    assert loads_numpy(read_house(PACKAGE)) == []


def test_public_names_are_sorted() -> None:
    assert lr_schedule.__all__ == sorted(lr_schedule.__all__)


def test_no_test_has_the_name_of_another() -> None:
    names = [name for text in read_house(TESTS).values() for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)]
    assert [name for name, count in collections.Counter(names).items() if count > 1] == []


def imported_by(statement: str, watched: tuple[str, ...] = HEAVY) -> set[str]:
    code = f"import sys\n{statement}\nprint(*[name for name in {watched!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


def test_importing_the_package_imports_no_framework() -> None:
    assert imported_by("import lr_schedule\nlr_schedule.BaseLRSchedule.create('cosine_3e-4')(0.5)") == set()


def test_the_guard_against_frameworks_can_fail() -> None:
    assert imported_by("import lr_schedule", watched=("difflib", "torch")) == {"difflib"}


SOUND: House = {
    "": "from lr_schedule.kinds.decay import Linear",
    "kinds": "",
    "kinds.decay": "from lr_schedule.base import Base\nfrom lr_schedule.kinds import shapes",
    "kinds.shapes": "if TYPE_CHECKING:\n    import numpy, matplotlib.axes",
    "base": "from lr_schedule import errors\n\ndef f():\n    import numpy",
    "errors": "",
}
"""A house that keeps every rule."""


def test_a_sound_house_breaks_no_rule() -> None:
    for rule in (circles, climbs, misplaced, loads_numpy, too_long):
        assert rule(SOUND) == []


@pytest.mark.parametrize(
    ("changed", "around"),
    [
        ({"kinds.shapes": "def f():\n    from lr_schedule.kinds.decay import Linear"}, ["kinds.decay", "kinds.shapes"]),
        ({"base": "if TYPE_CHECKING:\n    import lr_schedule.kinds.decay"}, ["base", "kinds.decay"]),
        ({"errors": "from lr_schedule import Linear"}, ["", "base", "errors", "kinds.decay"]),
    ],
    ids=["in a function", "for types", "by the front door"],
)
def test_a_circle_is_found(changed: House, around: list[str]) -> None:
    assert circles({**SOUND, **changed}) == [around]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"base": "def f():\n    from lr_schedule.kinds import decay"}, "base imports kinds.decay"),
        ({"numeric": "from lr_schedule.pictures import svg", "pictures": ""}, "numeric imports pictures"),
        ({"base": "from lr_schedule import Linear"}, "base imports the front door"),
        ({"cellar": ""}, "cellar stands on no floor"),
    ],
    ids=["upwards", "along a floor", "to the front door", "from nowhere"],
)
def test_an_import_that_does_not_run_downwards_is_found(changed: House, problem: str) -> None:
    assert climbs({**SOUND, **changed}) == [problem]


def test_a_library_out_of_its_place_is_found() -> None:
    assert misplaced({**SOUND, "base": "def f():\n    import torch.nn"}) == ["base imports torch.nn"]
    assert misplaced({**SOUND, "optim.rates": "import torch", "optimal": "import torch"}) == ["optimal imports torch"]


def test_numpy_that_is_loaded_at_once_is_found() -> None:
    assert loads_numpy({**SOUND, "base": "import numpy as np"}) == ["base"]
    assert loads_numpy({**SOUND, "sb3": "import numpy as np"}) == []


def test_a_file_that_is_too_long_is_found() -> None:
    assert too_long({**SOUND, "base": "\n" * 300, "errors": "\n" * 299}) == ["base"]
