"""The page for those who come from another library holds every name that an error leads to ours."""

from __future__ import annotations

from pathlib import Path

from lr_schedule.config.other_names import OTHER_NAMES, TYPE_KEYS

PAGE = Path(__file__).parents[2] / "docs" / "coming-from.md"


def test_the_page_holds_the_table_of_other_names() -> None:
    table = PAGE.read_text(encoding="utf-8").split("| our key | other names |\n|---|---|\n")[1].split("\n\n")[0]
    names = {"type": TYPE_KEYS, **{key: others.split() for key, others in OTHER_NAMES.items()}}
    expected = [f"| `{key}` | {', '.join(f'`{name}`' for name in others)} |" for key, others in names.items()]
    assert table.splitlines() == expected
