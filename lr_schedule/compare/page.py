"""One HTML page with the results of a study: verdict, statistics, picture, schedules, scores; it loads nothing else."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lr_schedule.compare.queue import COMPLETE
from lr_schedule.compare.result import shown

if TYPE_CHECKING:
    from lr_schedule.compare.result import Comparison

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
.verdict { font-size: 1.25rem; border-left: .3rem solid #0072b2; padding-left: 1rem; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { padding: .3rem .7rem; text-align: left; border-bottom: 1px solid #8884; white-space: nowrap; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0; background: white; padding: .5rem; }
figure svg { width: 100%; height: auto; }
pre { overflow-x: auto; padding: .7rem; background: #8882; }
"""


def write_page(comparison: Comparison, output: str | Path) -> None:
    """Write the page of a study to a file."""
    Path(output).write_text(page(comparison), encoding="utf-8")


def page(comparison: Comparison) -> str:
    """Return the page of a study."""
    plan = comparison.plan
    title = f"{len(plan.candidates)} candidates on {', '.join(plan.tasks)}"
    state = "" if comparison.is_finished else "<p><strong>This study is not finished.</strong></p>"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(title)}</title><style>{STYLE}</style></head><body>",
        f"<h1>{_text(title)}</h1>{state}",
        f'<p class="verdict">{_text(comparison.verdict)}</p>',
        f"<p>{_text(comparison.scale_note)} All candidates have the same {len(plan.seeds)} seeds.</p>",
        _figures(comparison),
        f"<figure>{_picture(comparison)}</figure>",
        "<h2>Performance profile</h2>",
        "<p>The fraction of runs with a final score above each threshold.</p>",
        _profile(comparison),
        "<h2>Candidates</h2>",
        *(f"<h3>{_text(name)}</h3><pre>{_json(config)}</pre>" for name, config in plan.candidates.items()),
        "<h2>Runs</h2>",
        _runs(comparison),
        "<h2>Settings and versions</h2>",
        f"<pre>{_json(dict(plan.settings))}</pre><pre>{_json(dict(comparison.versions))}</pre>",
        "<h2>How the figures are computed</h2>",
        "<p>Interquartile means with 95 % stratified bootstrap intervals and the probability of improvement follow "
        "Agarwal et al. 2021 (arXiv 2108.13264). A candidate is called better if at most 5 % of all swaps of runs "
        "with the same seed, between it and the baseline, give a difference as large as the measured one (with Holm's "
        "correction for several candidates).</p></body></html>",
    ]
    return "\n".join(parts)


def _figures(comparison: Comparison) -> str:
    rows = []
    for name in comparison.plan.candidates:
        summary = comparison.summaries.get(name)
        runs = f"{comparison.count(name, COMPLETE)} of {len(comparison.plan.tasks) * len(comparison.plan.seeds)}"
        if summary is None:
            rows.append([name, *["-"] * 5, runs])
            continue
        one, better = summary.difference, summary.improvement
        rows.append(
            [
                name,
                shown(summary.final),
                shown(summary.area),
                "baseline" if better is None else shown(better),
                "-" if one is None else f"{one.difference:+.4g}",
                "-" if one is None else one.verdict,
                runs,
            ]
        )
    head = ["candidate", "final score", "area under curve", "P(better)", "difference", "verdict", "runs"]
    return _table(head, rows)


def _runs(comparison: Comparison) -> str:
    rows = [
        [
            *map(str, cell),
            one.state,
            f"{one.score:.6g}" if one.state == COMPLETE else "-",
            f"{one.seconds:.0f}",
            one.error,
        ]
        for cell, one in comparison.results.items()
    ]
    return _table(["candidate", "task", "seed", "state", "final score", "seconds", "error"], rows)


def _profile(comparison: Comparison) -> str:
    if not comparison.summaries:
        return "<p>There are no scores yet.</p>"
    thresholds, profiles = comparison.profile()
    chosen = range(0, len(thresholds), 10)
    rows = [[name, *(f"{values[at]:.2f}" for at in chosen)] for name, values in profiles.items()]
    return _table(["above", *(f"{thresholds[at]:.4g}" for at in chosen)], rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def cells(texts: Sequence[str]) -> str:
        # A candidate may be called 1e-3, but its name is not a number.
        first, *others = texts
        figures = [
            f'<td class="number">{text}</td>' if _is_number(text) else f"<td>{_text(text)}</td>" for text in others
        ]
        return "".join([f"<td>{_text(first)}</td>", *figures])

    names = "".join(f"<th>{_text(name)}</th>" for name in head)
    lines = "".join(f"<tr>{cells(row)}</tr>" for row in rows)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table>"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _picture(comparison: Comparison) -> str:
    drawn = io.StringIO()
    comparison.plot().savefig(drawn, format="svg")
    text = drawn.getvalue()
    # The metadata of matplotlib contains addresses, although nothing is loaded from them.
    return re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)


def _json(data: Any) -> str:
    return _text(json.dumps(data, indent=2))


def _text(text: str) -> str:
    return html.escape(str(text))
