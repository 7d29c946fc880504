"""What every example does around its training: read the YAML, print the table, write CSV and PNG."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import yaml
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

mpl.use("Agg")
from matplotlib import pyplot as plt

Row = dict[str, float]


@dataclass(frozen=True)
class Job:
    """What to train, for how long, and where the results go."""

    config: dict[str, Any]
    total_timesteps: int
    output: Path


def read_job(script: str, description: str) -> Job:
    """Return the job that the command line and the YAML file beside `script` ask for."""
    path = Path(script)
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--config", type=Path, default=path.with_suffix(".yml"), help="YAML file (%(default)s)")
    parser.add_argument("--total-timesteps", type=int, help="environment steps (what the YAML file says)")
    parser.add_argument("--output", type=Path, default=Path("runs", path.stem), help="folder for results (%(default)s)")
    arguments = parser.parse_args()
    config = yaml.safe_load(arguments.config.read_text(encoding="utf-8"))
    arguments.output.mkdir(parents=True, exist_ok=True)
    total = config["total_timesteps"] if arguments.total_timesteps is None else arguments.total_timesteps
    return Job(config, total, arguments.output)


def show(title: str, rows: Sequence[Row], output: Path) -> None:
    """Print `rows` as a table, and write them to ``updates.csv`` and, one curve a column, to ``updates.png``."""
    if not rows:
        raise SystemExit("nothing was trained: total_timesteps is shorter than one rollout")
    table = Table(title=title, box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in rows[0]:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*[f"{value:,}" if isinstance(value, int) else f"{value:.3g}" for value in row.values()])
    Console().print(table)

    with (output / "updates.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    _draw(title, rows, output / "updates.png")
    print(f"Wrote {output / 'updates.csv'} and {output / 'updates.png'}")


def _draw(title: str, rows: Sequence[Row], path: Path) -> None:
    timesteps, *names = [name for name in rows[0] if name != "progress"]
    figure, axes = plt.subplots(len(names), sharex=True, figsize=(7, 1.6 * len(names)), layout="constrained")
    for axis, name in zip(axes, names, strict=True):
        axis.plot([row[timesteps] for row in rows], [row[name] for row in rows], marker=".")
        axis.set_title(name, loc="left", fontsize="medium")
        axis.grid(alpha=0.3)
    axes[-1].set_xlabel(timesteps)
    figure.suptitle(title)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def require_equal(rows: Sequence[Row], scheduled: str, used: Sequence[str]) -> None:
    """Stop with an error unless the columns `used` equal the column `scheduled` in every row, bit for bit."""
    for row in rows:
        for name in used:
            if row[name] != row[scheduled]:
                raise SystemExit(f"{name} is {row[name]!r} at {row['timesteps']}, but {scheduled} {row[scheduled]!r}")
    print(f"{', '.join(used)}: equal to {scheduled}, bit for bit, in all {len(rows)} rows")
