"""The small picture of a schedule that a notebook shows."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def picture(title: str, values: npt.NDArray[np.float64]) -> str:
    """Return a figure with `values`, spaced evenly from the start of training to its end, as inline SVG."""
    top = float(values.max()) or 1.0
    across = 240 / (len(values) - 1)
    points = " ".join(f"{across * i:.1f},{62 - 60 * float(value) / top:.2f}" for i, value in enumerate(values))
    return (
        f"<figure><figcaption><code>{html.escape(title)}</code></figcaption>"
        '<svg width="244" height="66" viewBox="-2 -1 244 66" role="img">'
        f'<polyline points="{points}" fill="none" stroke="#4051b5" stroke-width="2"/></svg>'
        f"<div>{values[0]:.3g} &rarr; {values[-1]:.3g} (highest {top:.3g})</div></figure>"
    )
