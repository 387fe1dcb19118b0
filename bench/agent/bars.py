"""The bars that the agent has set itself."""

from __future__ import annotations

from collections.abc import Callable

from judging import Bar
from scenarios import SCENARIOS, Scenario


def _of(scenario: Scenario, key: str) -> Callable[[dict], float | None]:
    return lambda row: row.get(key) if row["row"] == scenario.name else None


def _of_paths(scenarios: list[Scenario]) -> list[Bar]:
    return [
        *(Bar(f"{one.name}: times less CPU than the collector", "paths", _of(one, "ratio"), one.bar,
              at_least=True) for one in scenarios if one.bar is not None),
        *(Bar(f"{one.name}: CPU s per million spans", "paths", _of(one, "cpu_s_per_million"), 1.0)
          for one in scenarios if one.sampled),
    ]


_COMMON = [
    Bar("spans missing that were not sampled away", "paths", lambda row: row.get("lost"), 0),
    Bar("spans that came twice", "paths", lambda row: row.get("twice"), 0),
    Bar("spans refused", "paths", lambda row: row.get("refused"), 0),
    Bar("peak MiB at full rate", "paths", lambda row: row.get("peak_mib"), 200),
    Bar("idle MiB", "idle", lambda row: row.get("idle_mib"), 25),
]


def of(names: list[str]) -> list[Bar]:
    """Those that rows of these names are held against."""
    return _of_paths([one for one in SCENARIOS if one.name in names]) + _COMMON
