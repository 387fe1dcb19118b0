"""Bars that something has set itself, and how near a run came to each."""

from __future__ import annotations

import argparse
import json
import pathlib
from collections.abc import Callable
from dataclasses import dataclass

from tables import number, table


@dataclass
class Bar:
    what: str
    part: str  # of the results
    value: Callable[[dict], float | None]  # of a row; None: the row is about something else
    bound: float
    at_least: bool = False  # else at most


def judge(bar: Bar, results: dict[str, list[dict]]) -> dict | None:
    """The worst of clew's rows against the bar; None when that part did not run."""
    rows = [row for row in results.get(bar.part, []) if row["server"].startswith("clew")]
    if not rows:
        return None
    values = [value for value in map(bar.value, rows) if value is not None]
    worst = None if not values else min(values) if bar.at_least else max(values)
    met = worst is not None and (worst >= bar.bound if bar.at_least else worst <= bar.bound)
    return {"bar": bar.what, "bound": bar.bound, "at_least": bar.at_least, "value": worst,
            "met": met}


def judge_all(bars: list[Bar], results: dict[str, list[dict]]) -> list[dict]:
    return [verdict for bar in bars if (verdict := judge(bar, results))]


def bars_table(verdicts: list[dict]) -> str:
    lines = [[
        one["bar"], ("≥ " if one["at_least"] else "≤ ") + f"{one['bound']:g}",
        number(one["value"], 2), "met" if one["met"] else
        "no figure" if one["value"] is None else "MISSED",
    ] for one in verdicts]
    return table(["bar", "bound", "worst of clew", ""], lines)


def save(options: argparse.Namespace, where: dict, results: dict[str, list[dict]],
         verdicts: list[dict]) -> int:
    """Writes all of it to options.json. The exit code: 1 if a row has no figure."""
    options.json.parent.mkdir(parents=True, exist_ok=True)
    asked = {key: str(value) if isinstance(value, pathlib.Path) else value
             for key, value in vars(options).items()}
    options.json.write_text(json.dumps(
        {"machine": where, "options": asked, **results, "bars": verdicts}, indent=1))
    print(f"\nalso in {options.json}")
    return 1 if any(row.get("failed") for rows in results.values() for row in rows) else 0
