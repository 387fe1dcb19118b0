"""The tables of the control plane's parts."""

from __future__ import annotations

from tables import number, table

PEERS = """For comparison, as published, not measured here: istiod 1.3 MB a proxy (25,000 sidecars
in 32.1 GB, AKS asm-1-19); it gathers changes for 100 ms before it sends them. Kuma polls: once a
second for each proxy."""


def events_table(rows: list[dict]) -> str:
    head = ["what happens once", "ready s", "settled s", "real s", "resources", "MB", "again", "refused",
            "MiB", "kB/proxy", "of connecting", "CPU s", "clients CPU s", "real refused",
            "differ", "waited"]
    return table(head, [[
        row["what"], number(row.get("ready_s"), 2), number(row["settled_s"], 2),
        number(row.get("real_s"), 2),
        number(row.get("resources")), number(_scaled(row.get("bytes"), 1e-6), 2),
        number(row.get("sent_again")), number(row.get("refused")),
        number(row.get("resident_mib"), 1), number(_scaled(row.get("kib_per_proxy"), 1.024), 1),
        number(_scaled(row.get("connecting_kib_per_proxy"), 1.024), 1), number(row["cpu_s"], 2),
        number(row.get("clients_cpu_s"), 2), number(row.get("rejected")),
        number(row.get("disagreeing")), number(row.get("timed_out")),
    ] for row in rows if not row["failed"]])


def changes_table(rows: list[dict]) -> str:
    head = ["what changes", "changes", "proxies", "p50 ms", "p99", "max", "all p50", "all max",
            "real p50", "real max", "resources", "kB", "stray", "stalls", "CPU ms", "clients CPU",
            "real refused", "differ", "waited"]
    return table(head, [[
        row["what"], number(row["changes"]), number(row["proxies"], 1),
        number(row["p50_ms"], 1), number(row["p99_ms"], 1), number(row["max_ms"], 1),
        number(row["until_all_p50_ms"], 1), number(row["until_all_ms"], 1),
        number(row["real_ms"]), number(row["real_max_ms"]), number(row["resources"], 1),
        number(row["bytes"] / 1e3, 1), number(row["stray"]), number(row["stalls"]),
        number(row["cpu_s"] * 1e3), number(row["clients_cpu_s"] * 1e3), number(row["rejected"]),
        number(row["disagreeing"]), number(row["timed_out"]),
    ] for row in rows if not row["failed"]])


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale


def failures(rows: list[dict]) -> str:
    """Why rows have no figure; empty if all have."""
    return "\n".join(f"NO FIGURE: {row['row']}: {row['failed']}" for row in rows if row["failed"])
