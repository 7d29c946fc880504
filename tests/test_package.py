"""The built wheel: what is in it, and that it works beside its core dependencies alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from email import message_from_bytes
from email.message import Message
from importlib.metadata import files, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import lr_schedule
from tests.cli.running import run

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


REPOSITORY, SITE = "https://forge.example/team/lr_schedule", "https://docs.example"
CODE = re.compile(r"```.*?```", re.DOTALL)


def description(wheel: Path) -> tuple[Message, str]:
    """Return the metadata of a wheel, and the text that a package index shows."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(archive.read(name))
    content = metadata.get_payload(decode=True)
    assert isinstance(content, bytes)
    return metadata, content.decode()


def test_without_an_address_the_package_shows_the_readme_as_it_is(wheel: Path) -> None:
    metadata, text = description(wheel)
    assert metadata.get_all("Project-URL") is None
    assert text == (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_release_leads_to_its_repository_and_every_link_of_its_readme_to_something_real(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    addresses = {"REPOSITORY_URL": REPOSITORY, "SITE_URL": f"{SITE}/"}
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **addresses})
    metadata, text = description(next(tmp_path.iterdir()))
    at_version = f"v{lr_schedule.__version__}"
    assert metadata.get_all("Project-URL") == [
        f"Documentation, {SITE}/",
        f"Playground, {SITE}/playground/",
        f"Source, {REPOSITORY}",
        f"Issues, {REPOSITORY}/issues",
        f"Changelog, {REPOSITORY}/blob/{at_version}/CHANGELOG.md",
    ]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert CODE.findall(text) == CODE.findall(readme)
    links = re.findall(r"\]\(([^)]+)\)", CODE.sub("", text))
    assert len(links) == len(re.findall(r"\]\(([^)]+)\)", CODE.sub("", readme))) > 50
    pages = {link.partition("#")[0].removeprefix(f"{SITE}/").rstrip("/") for link in links if link.startswith(SITE)}
    assert {"gallery", "sb3"} <= pages
    assert [
        page for page in pages if not any((ROOT / f"docs/{page}{end}").exists() for end in (".md", "/index.md"))
    ] == []
    others = [link for link in links if not link.startswith(SITE)]
    shown, read = (f"{REPOSITORY}/{kind}/{at_version}/" for kind in ("raw", "blob"))
    assert [link for link in others if not link.startswith((shown, read))] == []
    assert [link for link in others if not (ROOT / link.removeprefix(shown).removeprefix(read)).exists()] == []
    assert {link.endswith(".svg") for link in others if link.startswith(shown)} == {True}


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
