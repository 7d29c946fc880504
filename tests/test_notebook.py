"""The notebook of the examples: it runs from a copy alone, and shows its pictures."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.recorded import EXAMPLES

NOTEBOOK = EXAMPLES / "quick_look.ipynb"

read: Any = nbformat.read
"""Without types in nbformat itself."""


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def test_the_notebook_is_kept_without_outputs() -> None:
    notebook = read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert outputs(notebook) == []
    assert all(cell.get("execution_count") is None for cell in notebook.cells)


@pytest.mark.slow
def test_the_notebook_runs_and_shows_a_curve_a_comparison_a_preview_and_a_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(NOTEBOOK, tmp_path)
    for variable in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    notebook = read(tmp_path / NOTEBOOK.name, as_version=4)
    NotebookClient(notebook, timeout=570, resources={"metadata": {"path": str(tmp_path)}}).execute()
    curve, values, comparison, preview, training = outputs(notebook)
    assert 'aria-label="cosine_warmup initial_value=0.003' in curve.data["text/html"]
    assert values.data["text/plain"].startswith("(0.0, 0.003, ")
    assert preview.text.startswith("update  timesteps  progress  learning_rate   ent_coef")
    assert "warning" not in preview.text
    for picture in (comparison, training):
        assert re.match("iVBORw0KGgo", picture.data["image/png"])  # the first bytes of every PNG file, in base64
