"""Write the table of results of which-schedule.md, and studies.md, from the studies of `make evidence`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

EVIDENCE = Path(__file__).parent / "evidence"
MARKS = {"better": "&nbsp;▲", "worse": "&nbsp;▼"}
NAMED = {"good-rate": "good rate", "high-rate": "high rate"}


def studies() -> dict[str, dict[str, Any]]:
    """Return the data of each study, by its name, in the order of algorithm, task and rate."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(EVIDENCE.glob("*.json"))}


def results_table() -> str:
    """Return the table of the final scores of all studies, with marks on those that differ from the constant's."""
    found = studies()
    names = list(dict.fromkeys(name for study in found.values() for name in study["candidates"]))
    lines = ["| study | " + " | ".join(names) + " |", "|---" + "|---:" * len(names) + "|"]
    for name, study in found.items():
        cells = [_cell(study["candidates"].get(candidate)) for candidate in names]
        lines.append(f"| [{_title(study, name)}](studies.md#{name.lower()}) | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def studies_page() -> str:
    """Return the text of studies.md: the settings, the verdict and the picture of each study."""
    lines = [
        "---",
        'description: "The eight studies behind the advice on schedules: settings, verdicts, learning curves, data."',
        "---",
        "",
        "# Studies",
        "",
        "The advice in [Which schedule to choose](which-schedule.md) is based on these studies. In each study, all",
        "candidates were trained with the same seeds. The good rate is a constant learning rate that works well for",
        "the task. The high rate is three times as large.",
        "",
        "[Comparing schedules](compare.md#what-the-figures-mean) explains the figures. The JSON file of a study has",
        "all scores, configs, seeds and versions. `make evidence` runs the studies again.",
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
            f"{lengths}, {settings['evaluations']} evaluations of {settings['episodes']} episodes. Settings: "
            f"{base}. [JSON](evidence/{name}.json)",
            "",
            f"![Learning curves and intervals of {_title(study, name)}](evidence/{name}.svg)",
        ]
    return "\n".join(lines) + "\n"


def _cell(candidate: Any) -> str:
    """Return a final score, with a mark if it differs from the constant's."""
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
