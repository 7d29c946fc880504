"""`lr-schedule show` on what is no saved model: one line that names the file, and status 1."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

pytest.importorskip("stable_baselines3")

from tests.cli.running import run

MEMBERS: dict[str, dict[str, str | bytes]] = {
    "empty": {},
    "without data": {"policy.pth": "x"},
    "data that is no JSON": {"data": "{"},
    "data that is no text": {"data": bytes(range(256))},
    "data that is a list": {"data": "[1]"},
    "data that is null": {"data": "null"},
}


@pytest.mark.parametrize("name", MEMBERS)
def test_a_zip_that_is_no_model_is_one_line(name: str, tmp_path: Path) -> None:
    file = tmp_path / "model.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for member, content in MEMBERS[name].items():
            archive.writestr(member, content)
    result = run("show", file)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"error: {file}: is not a model zip from model.save()")


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04", bytes(range(256))])
def test_a_file_that_is_no_zip_is_one_line(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "model.zip"
    file.write_bytes(content)
    result = run("show", file)
    assert result.returncode == 1
    assert result.stderr.startswith(f"error: {file}: is not a model zip")
    assert len(result.stderr.splitlines()) == 1


def test_a_file_that_is_not_there_and_a_folder_are_one_line(tmp_path: Path) -> None:
    gone = run("show", tmp_path / "gone.zip")
    assert (gone.returncode, gone.stderr) == (1, f"error: {tmp_path}/gone.zip: No such file or directory\n")
    folder = run("show", tmp_path)
    assert (folder.returncode, len(folder.stderr.splitlines())) == (1, 1)
    assert folder.stderr.startswith(f"error: {tmp_path}")
