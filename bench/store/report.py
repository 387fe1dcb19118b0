"""The tables of the store's parts."""

from __future__ import annotations

from tables import number, ratio, table


def clew_beside(row: dict, rows: list[dict]) -> dict | None:
    """The row of clew that another is compared with: over the same protocol, else the first."""
    ours = [one for one in rows if one["server"].startswith("clew")]
    same = [one for one in ours if one["protocol"] == row["protocol"]]
    return next(iter(same + ours), None)


def ingest_table(rows: list[dict]) -> str:
    head = ["ingest", "in", "M spans", "spans/s", "stored/s", "CPU s/M", "settled", "ratio",
            "peak MiB", "blocks B/span", "log MiB", "refused", "missing", "generator s/M"]
    lines = []
    for row in rows:
        ours = clew_beside(row, rows) or {}
        lines.append([
            row["server"], row["protocol"], number(row["accepted"] / 1e6, 2),
            number(row["spans_per_s"]), number(row["stored_per_s"]),
            number(row["cpu_s_per_million"], 2),
            number(row["settled_cpu_s_per_million"], 2) + ("" if row["settled"] else " busy"),
            ratio(row["settled_cpu_s_per_million"], ours.get("settled_cpu_s_per_million")),
            number(row["peak_mib"]), number(row["block_bytes_per_span"], 1),
            number(row["log_mib"]), number(row["refused"]), number(row["missing_spans"]),
            number(row["generator_cpu_s_per_million"], 2),
        ])
    return table(head, lines)


def rate_table(rows: list[dict]) -> str:
    head = ["at a fixed rate", "in", "asked/s", "got/s", "behind ms", "answer p50", "p95",
            "max ms", "CPU s/M", "peak MiB", "refused"]
    return table(head, [[
        row["server"], row["protocol"], number(row["rate"]), number(row["spans_per_s"]),
        number(row["behind_ms"]), number(row["answer_ms"]["p50"], 1),
        number(row["answer_ms"]["p95"], 1), number(row["answer_ms"]["max"], 1),
        number(row["settled_cpu_s_per_million"], 2), number(row["peak_mib"]),
        number(row["refused"]),
    ] for row in rows])


def query_table(rows: list[dict]) -> str:
    """The ratio is to clew's row of the same question, if there are several to the one in the same
    API and with as much stored."""
    head = ["query", "server", "api", "M stored", "runs", "p50 ms", "p95", "max", "ratio of p95",
            "found", ""]
    lines = []
    for row in rows:
        ours = [one for one in rows if one["what"] == row["what"] and "clew" in one["server"]]
        ours.sort(key=lambda one: (one["api"] != row["api"], abs(one["stored"] - row["stored"])))
        note = row["failed"] or (f"{row['cut_short']} cut short" if row["cut_short"] else "")
        if row.get("spans_scanned_per_s"):
            note = f"{row['spans_scanned_per_s'] / 1e6:,.1f} M spans/s scanned"
        lines.append([
            row["what"], row["server"], row["api"], number(row["stored"] / 1e6, 2),
            str(row["runs"]), number(row["p50_ms"], 2), number(row["p95_ms"], 2),
            number(row["max_ms"], 2), ratio(row["p95_ms"], ours[0]["p95_ms"]) if ours else "–",
            number(row["found_per_run"], 1), note,
        ])
    return table(head, lines)


def visible_table(rows: list[dict]) -> str:
    head = ["acknowledged to visible", "runs", "p50 ms", "p95", "max", "ratio of p50", "never"]
    return table(head, [[
        row["server"], str(row["runs"]), number(row["p50_ms"], 1), number(row["p95_ms"], 1),
        number(row["max_ms"], 1), ratio(row["p50_ms"], rows[0]["p50_ms"]), str(row["never"]),
    ] for row in rows])


def memory_table(rows: list[dict]) -> str:
    head = ["after the queries", "M stored", "peak MiB"]
    return table(head, [[row["server"], number(row["stored"] / 1e6, 2), number(row["peak_mib"])]
                        for row in rows])


def restart_table(rows: list[dict]) -> str:
    head = ["kill -9", "log MiB", "s to ready", "replayed spans", "checked of before",
            "of while killed", "missing"]
    return table(head, [[
        row["server"], number(row["log_mib"]), number(row["seconds_to_ready"], 2),
        number(row["replayed_spans"]), number(row["spans_checked_before"]),
        number(row["spans_checked_while"]),
        number(row["missing_spans"]),
    ] for row in rows])
