"""The bars that the store has set itself, and how near a run came to each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from report import number, table


@dataclass
class Bar:
    what: str
    part: str  # of the results
    value: Callable[[dict], float | None]  # of a row; None: the row is about something else
    bound: float
    at_least: bool = False  # else at most


def _query(start: str, key: str = "p95_ms", api: str = "clew") -> Callable[[dict], float | None]:
    def value(row: dict) -> float | None:
        if row["api"] != api or not row["what"].startswith(start):
            return None
        if row["failed"] or row.get("cut_short"):  # fast, but not the whole answer
            return None
        return row.get(key)

    return value


BARS = [
    Bar("CPU s per million spans, settled", "ingest",
        lambda r: r["settled_cpu_s_per_million"], 2.5),
    Bar("spans refused", "ingest", lambda r: r["refused"], 0),
    Bar("acknowledged spans missing", "ingest", lambda r: r["missing_spans"], 0),
    Bar("bytes in blocks per span", "ingest", lambda r: r["block_bytes_per_span"], 32),
    Bar("peak MiB", "ingest", lambda r: r["peak_mib"], 300),
    Bar("peak MiB while asked", "memory", lambda r: r["peak_mib"], 300),
    Bar("spans refused at the fixed rate", "rate", lambda r: r["refused"], 0),
    Bar("share of the fixed rate reached", "rate", lambda r: r["spans_per_s"] / r["rate"], 0.99,
        at_least=True),
    Bar("trace by ID, warm: p95 ms", "query", _query("trace by ID, warm"), 1),
    Bar("trace by ID, page cache dropped: p95 ms", "query", _query("trace by ID, page"), 10),
    Bar("service + operation: p95 ms", "query", _query("service"), 10),
    Bar("http.status_code=503: p95 ms", "query", _query("http.status"), 10),
    Bar("rare app_id: p95 ms", "query", _query("a rare"), 10),
    Bar("value that never occurs: p95 ms", "query", _query("app_id that"), 10),
    Bar("M spans/s scanned by regex", "query",
        lambda r: _millions(_query("scan: http", "spans_scanned_per_s")(r)), 200, at_least=True),
    Bar("M spans/s scanned by duration", "query",
        lambda r: _millions(_query("scan: dur", "spans_scanned_per_s")(r)), 200, at_least=True),
    Bar("acknowledged to visible: p95 ms", "visible", lambda r: r["p95_ms"], 100),
    Bar("kill -9 with a full head: s to ready", "restart", lambda r: r["seconds_to_ready"], 3),
    Bar("acknowledged spans missing after it", "restart", lambda r: r["missing_spans"], 0),
]


def _millions(value: float | None) -> float | None:
    return None if value is None else value / 1e6


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


def judge_all(results: dict[str, list[dict]]) -> list[dict]:
    return [verdict for bar in BARS if (verdict := judge(bar, results))]


def bars_table(verdicts: list[dict]) -> str:
    lines = [[
        one["bar"], ("≥ " if one["at_least"] else "≤ ") + f"{one['bound']:g}",
        number(one["value"], 2), "met" if one["met"] else
        "no figure" if one["value"] is None else "MISSED",
    ] for one in verdicts]
    return table(["bar", "bound", "worst of clew", ""], lines)
