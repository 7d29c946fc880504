"""The tables of the page on which schedule to choose, from the studies that `make evidence` has written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

EVIDENCE = Path(__file__).parent / "evidence"
MARKS = {"better": " ▲", "worse": " ▼"}
NAMED = {"good-rate": "good rate", "high-rate": "three times that rate"}


def studies() -> dict[str, dict[str, Any]]:
    """Return what each study has found, by its name, in the order of algorithm, task and rate."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(EVIDENCE.glob("*.json"))}


def results_table() -> str:
    """Return the final scores of all studies, and which differ from that of the constant."""
    found = studies()
    names = list(dict.fromkeys(name for study in found.values() for name in study["candidates"]))
    lines = ["| study | " + " | ".join(names) + " |", "|---" + "|---:" * len(names) + "|"]
    for name, study in found.items():
        cells = [_cell(study["candidates"].get(candidate)) for candidate in names]
        lines.append(f"| [{_title(study, name)}](studies.md#{name.lower()}) | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def studies_page() -> str:
    """Return the text of studies.md: how each study was run, its verdict and its picture."""
    lines = [
        "# The studies",
        "",
        "These studies are behind [Which schedule to choose](which-schedule.md); `make evidence` runs them. Each",
        "candidate was trained with the same seeds. [Comparing schedules](compare.md#what-the-figures-mean) says what",
        "the figures mean. The JSON has every score, config, seed and version.",
    ]
    for name, study in studies().items():
        settings = study["settings"]
        lengths = f"{settings['n_timesteps']:,} timesteps, {len(study['seeds'])} seeds"
        base = ", ".join(f"`{key}: {value}`" for key, value in settings["base"].items())
        lines += [
            "",
            f"## {_title(study, name)} {{ #{name.lower()} }}",
            "",
            study["verdict"],
            "",
            f"{lengths}, {settings['evaluations']} evaluations of {settings['episodes']} episodes; {base}. "
            f"[JSON](evidence/{name}.json)",
            "",
            f"![Learning curves and intervals of {_title(study, name)}](evidence/{name}.svg)",
        ]
    return "\n".join(lines) + "\n"


def _cell(candidate: Any) -> str:
    """Return a final score, and whether it differs from that of the constant."""
    if candidate is None:
        return ""
    difference = candidate["difference"]
    return f"{candidate['final']['estimate']:.4g}{MARKS.get(difference['verdict'], '') if difference else ''}"


def _title(study: dict[str, Any], name: str) -> str:
    """Return algorithm, task and peak rate in words."""
    (task,) = study["tasks"]
    algo = study["settings"]["algo"]
    rate = next(iter(study["candidates"].values()))["config"]
    return f"{algo.upper()} on {task}, {NAMED[name.removeprefix(f'{algo}-{task}-')]} ({rate:g})"
