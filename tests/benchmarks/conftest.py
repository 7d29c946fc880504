"""Prints, after the benchmarks, what ours costs over what each peer costs, in the same process."""

from __future__ import annotations

from itertools import repeat
from typing import Any

import pytest


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    session = getattr(config, "_benchmarksession", None)
    if session is None or not session.benchmarks:
        return
    groups: dict[str, dict[str, Any]] = {}
    for bench in session.benchmarks:
        groups.setdefault(bench.group, {})[bench.extra_info["who"]] = bench
    terminalreporter.section("ratios: ours / peer (minimum of all rounds; aim where one is set)")
    for group, members in groups.items():
        ours = members["ours"].stats.min
        for who, bench in members.items():
            if who != "ours":
                aim = bench.extra_info.get("aim")
                wanted = f"aim {aim:g}" if aim else ""
                each = 1e9 / bench.extra_info.get("calls", 1)
                ratio = ours / bench.stats.min
                ratio_text = f"{ratio:6.2f}" if ratio >= 0.1 else f"{ratio:6.2g}"
                figures = f"{ours * each:14,.0f} / {bench.stats.min * each:14,.0f} ns = {ratio_text}"
                terminalreporter.write_line(f"{group:42} {who:24} {figures}   {wanted}")


@pytest.fixture
def race(benchmark: Any, request: pytest.FixtureRequest) -> Any:
    """Return a function that times one runner of a group; `aim` is what ours may cost over this peer."""

    def run(group: str, who: str, function: Any, *args: Any, aim: float | None = None, calls: int = 1) -> None:
        def many(function: Any, argument: Any) -> None:
            for _ in repeat(None, calls):
                function(argument)

        benchmark.group = group
        benchmark.extra_info.update(who=who, aim=aim, calls=calls)
        if calls > 1:
            benchmark.pedantic(many, (function, *args), rounds=300, warmup_rounds=20)
        else:
            benchmark(function, *args)

    return run
