"""The bars that the store has set itself."""

from __future__ import annotations

from collections.abc import Callable

from judging import Bar


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
