"""The small picture of a schedule that a notebook shows."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

WIDTH, HEIGHT = 320, 90
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 10, 22
"""Margins around the curve, for the labels of the axes."""

HEADROOM = 1.05
"""As in matplotlib, so that a constant is not drawn on the upper edge."""

CURVE = "#4c7fe0"
"""A blue with enough contrast on white and on black; everything else has the text color of the notebook."""


def picture(title: str, values: npt.NDArray[np.float64]) -> str:
    """Return a figure with `values` (>= 0), spaced evenly from the start of training to its end, as inline SVG."""
    highest = float(values.max())
    top = HEADROOM * highest or 1.0
    across, floor = WIDTH / (len(values) - 1), TOP + HEIGHT
    points = " ".join(
        f"{LEFT + across * i:.1f},{floor - HEIGHT * float(value) / top:.2f}" for i, value in enumerate(values)
    )
    right, ruled = LEFT + WIDTH, floor - HEIGHT * highest / top
    named = html.escape(title)
    return (
        f'<figure style="margin:0.5em 0"><figcaption><code>{named}</code></figcaption>'
        f'<svg width="{right + RIGHT}" height="{floor + BOTTOM}" viewBox="0 0 {right + RIGHT} {floor + BOTTOM}" '
        f'role="img" aria-label="{named}" font-family="sans-serif" font-size="11" fill="currentColor">'
        f'<path d="M{LEFT} {TOP}V{floor}H{right}" fill="none" stroke="currentColor" stroke-opacity="0.6"/>'
        f'<path d="M{LEFT - 4} {ruled:.1f}H{LEFT}" stroke="currentColor" stroke-opacity="0.6"/>'
        f'<text x="{LEFT - 6}" y="{ruled + 4:.1f}" text-anchor="end">{highest:.3g}</text>'
        f'<text x="{LEFT - 6}" y="{floor + 4}" text-anchor="end">0</text>'
        f'<text x="{LEFT}" y="{floor + 15}">start: {values[0]:.3g}</text>'
        f'<text x="{right}" y="{floor + 15}" text-anchor="end">end of training: {values[-1]:.3g}</text>'
        f'<polyline points="{points}" fill="none" stroke="{CURVE}" stroke-width="2"/></svg></figure>'
    )
