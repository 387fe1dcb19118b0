"""The tables of the agent's parts."""

from __future__ import annotations

from tables import number, ratio, table


def paths_table(rows: list[dict]) -> str:
    head = ["way", "server", "M spans", "spans/s", "through/s", "CPU s/M", "ratio", "idle MiB",
            "peak MiB", "refused", "arrived", "lost", "twice", "UDP drops", "generator s/M"]
    lines = []
    for row in rows:
        if row["failed"]:
            lines.append([row["what"], row["server"], *[""] * (len(head) - 2)])
            continue
        lines.append([
            row["what"], row["server"], number(row["accepted"] / 1e6, 2),
            number(row["spans_per_s"]), number(row["through_per_s"]),
            number(row["cpu_s_per_million"], 2) + ("" if row["settled"] else " busy"),
            ratio(row.get("ratio"), 1), number(row["idle_mib"]), number(row["peak_mib"]),
            number(row["refused"]), f"{row['arrived_share']:.2%}", number(row["lost"]),
            number(row["twice"]), number(row["kernel_drops"]),
            number(row["generator_cpu_s_per_million"], 2),
        ])
    return table(head, lines)


def idle_table(rows: list[dict]) -> str:
    head = ["no load", "resident MiB", "% of a core"]
    return table(head, [[row["server"], number(row["idle_mib"], 1),
                         number(row["cpu_share"] * 100, 1)] for row in rows if not row["failed"]])


def failures(rows: list[dict]) -> str:
    """Why rows have no figure; empty if all have."""
    return "\n".join(f"NO FIGURE: {row['row']}, {row['server']}: {row['failed']}"
                     for row in rows if row["failed"])
