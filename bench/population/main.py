#!/usr/bin/env python3
"""Benchmark of populations: traces of docs/performance.md's workload merged into one tree of calls,
found by indexes alone, and read whole because an attribute is asked for.

One server, asked over loopback, one request at a time; its first answer, which reads blocks from
the disk, is a row of its own. Memory is the process's peak, and what it had before the first
request."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import shutil
import sys
import urllib.parse

LIB = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(LIB / "lib"), str(LIB / "store")]

import generator
import servers
import tables
from accounting import cpu_seconds, peak_mib, resident_mib
from client import Client
from peers import REPO
from queries import SERVICES

SPANS_PER_TRACE = 8


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--traces", type=int, default=100_000, help="stored, and merged")
    add("--hours", type=float, default=1, help="that their times are spread over")
    add("--runs", type=int, default=5, help="per query")
    add("--data", type=pathlib.Path, help="keep the store there, and use what is there already")
    add("--quick", action="store_true", help="10,000 traces, 3 runs")
    add("--json", type=pathlib.Path, default=REPO / "build" / "bench-population.json")
    options = parser.parse_args()
    if options.quick:
        options.traces, options.runs = 10_000, 3
    return options


def queries() -> list[tuple[str, str]]:
    service = f"service-{SERVICES // 2}"
    return [
        ("all traces", "{ }"),
        ("answered 503", '{ span.http.status_code = "503" }'),
        ("of a service", f'{{ resource.service.name = "{service}" }}'),
        ("with an attribute", '{ span.http.method = "GET" }'),
    ]


def measure(client: Client, pid: int, what: str, query: str, runs: int, limit: int) -> dict:
    """Means of the requests."""
    path = "/api/clew/v1/population?" + urllib.parse.urlencode({"q": query, "limit": limit})
    ms, cpu = 0.0, cpu_seconds(pid)
    for _ in range(runs):
        answer = client.get(path)
        if answer.status != 200:
            raise RuntimeError(f"{what}: HTTP {answer.status}: {answer.body[:200]!r}")
        ms += answer.ms / runs
    cpu = (cpu_seconds(pid) - cpu) / runs
    found = json.loads(answer.body)
    if not found["complete"]:
        raise RuntimeError(f"{what}: the answer is not complete")
    spans = max(found["spans"], 1)
    return {"what": what, "query": query, "traces": found["traces"], "spans": found["spans"],
            "nodes": len(found["nodes"]["depth"]), "cut": sum(found["cutSpans"].values()),
            "answer_kib": len(answer.body) / 1024, "ms": ms,
            "traces_per_s": found["traces"] / ms * 1000, "spans_per_s": spans / ms * 1000,
            "cpu_us_per_span": cpu / spans * 1e6}


def main() -> None:
    options = parse_options()
    machine = tables.machine(REPO)
    directory = options.data or REPO / "build" / "bench-population"
    is_there = (directory / "data").exists()
    with servers.clew(directory / "data") as server:
        if not is_there:
            generator.load(server.ports["http"], "http", options.traces * SPANS_PER_TRACE, 1,
                           "--spread", str(options.hours))
    # Again, so that what was in memory only is read as a server reads it after a restart.
    with servers.clew(directory / "data") as server:
        client = Client(server.ports["query"])
        before = resident_mib(server.pid)
        limit = max(options.traces * 2, 1)
        ask = lambda what, query, runs: measure(client, server.pid, what, query, runs, limit)
        rows = [ask("all traces, first", "{ }", 1)]
        rows += [ask(what, query, options.runs) for what, query in queries()]
        peak = peak_mib(server.pid)
    if not options.data:
        shutil.rmtree(directory, ignore_errors=True)
    head = ["", "traces", "spans", "nodes", "ms", "traces/s", "spans/s", "CPU µs/span", "KiB"]
    keys = ("traces", "spans", "nodes", "ms", "traces_per_s", "spans_per_s")
    print(tables.table(head, [
        [row["what"], *(tables.number(row[key]) for key in keys),
         tables.number(row["cpu_us_per_span"], 2), tables.number(row["answer_kib"])]
        for row in rows]))
    print(f"\npeak memory {peak:,.0f} MiB, {before:,.0f} MiB before the first request; "
          f"{machine['cores']} cores of {machine['cpu']}, load {machine['load_before']:.1f} before")
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps({"machine": machine, "peak_mib": peak,
                                        "before_mib": before, "rows": rows}, indent=2))
    os.sync()


if __name__ == "__main__":
    main()
