"""Percentiles, and tables of text."""

from __future__ import annotations

import math
import os
import pathlib
import platform
import subprocess


def percentile(values: list[float], part: float) -> float:
    """The smallest of the values that at least `part` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(part * len(ordered)) - 1, 0)]


def times_of(ms: list[float]) -> dict[str, float | None]:
    if not ms:
        return {"p50_ms": None, "p95_ms": None, "max_ms": None}
    return {"p50_ms": percentile(ms, 0.5), "p95_ms": percentile(ms, 0.95), "max_ms": max(ms)}


def machine(repo: pathlib.Path) -> dict:
    """Where and of what commit the figures are."""
    git = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    commit = subprocess.run(git, cwd=repo, text=True, capture_output=True).stdout.strip()
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":")[1].strip() for line in cpuinfo if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"commit": commit or "unknown", "cores": os.cpu_count(), "memory_gib": round(memory),
            "cpu": models[0] if models else platform.machine(),
            "kernel": f"{platform.system()} {platform.release()}",
            "load_before": os.getloadavg()[0]}


def number(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """Columns as wide as they need; the first to the left, the others to the right."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.rjust(width) if column else cell.ljust(width)
                  for column, (cell, width) in enumerate(zip(line, widths))).rstrip()
        for line in lines
    )


def ratio(theirs: float | None, ours: float | None) -> str:
    """How many times ours theirs is."""
    return f"{theirs / ours:.1f}×" if theirs and ours else "–"
