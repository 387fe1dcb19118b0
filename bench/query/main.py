#!/usr/bin/env python3
"""Benchmark of the query APIs: TraceQL searches and metrics, dependencies and one large trace, on
20,000,000 spans of docs/performance.md's workload spread over a day, and how near they come to
their bars.

One server, asked over loopback, one request at a time. Answers are read whole and counted."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import pathlib
import random
import shutil
import sys
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass

LIB = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(LIB / "lib"), str(LIB / "store")]

import generator
import servers
import tables
from accounting import cpu_seconds, peak_mib
from client import Client
from peers import REPO
from queries import APPS, SERVICES, app_id

HOUR = 3600
LARGE_TRACE = "00000000000000000000000000c1e5ed"


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--spans", type=int, default=20_000_000, help="stored")
    add("--hours", type=float, default=24, help="that their times are spread over")
    add("--large", type=int, default=100_000, help="spans of the one large trace")
    add("--runs", type=int, default=100, help="per kind of search; of the others a tenth")
    add("--data", type=pathlib.Path, help="keep the store there, and use what is there already")
    add("--quick", action="store_true", help="600,000 spans, 20 runs")
    add("--json", type=pathlib.Path, default=REPO / "build" / "bench-query.json")
    options = parser.parse_args()
    if options.quick:
        options.spans, options.runs = 600_000, 20
    return options


@dataclass
class Bar:
    """One kind of request: `target` gives its path, `read` counts what an answer has."""

    what: str
    most_ms: float
    runs: int
    target: Callable[[], str]
    read: Callable[[dict], int]
    of_p95: bool = False


def path(endpoint: str, **params: object) -> str:
    return f"{endpoint}?{urllib.parse.urlencode(params)}"


def bars(options: argparse.Namespace, now: int, dice: random.Random) -> list[Bar]:
    few = max(options.runs // 10, 3)
    day = {"start": now - int(options.hours * HOUR), "end": now}

    def search(query: Callable[[], str], **params: object) -> Callable[[], str]:
        return lambda: path("/tempo/api/search", q=query(), limit=20, **(day | params))

    def metrics(query: str) -> Callable[[], str]:
        return lambda: path("/tempo/api/metrics/query_range", q=query, step="10m", exemplars=0,
                            **day)

    def failed_of_a_service() -> str:
        service = f"service-{2 + dice.randrange(SERVICES - 2)}"
        return f'{{ resource.service.name = "{service}" && span.http.status_code = "503" }}'

    def rare() -> str:
        return f'{{ span.app_id = "{app_id(APPS - 1 - dice.randrange(200))}" }}'

    def below_an_app() -> str:
        return f'{{ .app_id = "{app_id(20 + dice.randrange(20))}" }} >> {{ status = error }}'

    last_hour = {"start": now - HOUR}
    traces = lambda answer: len(answer["traces"])
    series = lambda answer: len(answer["series"])
    micros = {"endTs": now * 1000, "lookback": int(options.hours * HOUR * 1000)}
    return [
        Bar("failed requests of a service", 10, options.runs, search(failed_of_a_service), traces,
            of_p95=True),
        Bar("a rare app", 10, options.runs, search(rare), traces, of_p95=True),
        Bar("failures below an app, 1 h", 300, few, search(below_an_app, **last_hour), traces),
        Bar("rate by service", 500, few, metrics("{ } | rate() by (resource.service.name)"),
            series),
        Bar("rate of errors by service", 500, few,
            metrics("{ status = error } | rate() by (resource.service.name)"), series),
        Bar("p99 by service", 500, few,
            metrics("{ } | quantile_over_time(duration, .99) by (resource.service.name)"), series),
        Bar("a page of the large trace", 50, few,
            lambda: path(f"/api/clew/v1/traces/{LARGE_TRACE}/spans", count=50,
                         **{"from": dice.randrange(options.large)}),
            lambda answer: len(answer["spans"])),
        Bar("dependencies", 100, 3, lambda: path("/api/dependencies", **micros),
            lambda answer: len(answer["data"])),
    ]


def large_request(spans: int, first: int) -> bytes:
    """A piece of the large trace: each span is a child of one of the ten before it."""
    start = (int(time.time()) - HOUR) * 10**9
    made = []
    for number in range(first, first + spans):
        parent = max(number - 1 - number % 10, 0)
        made.append({
            "traceId": LARGE_TRACE, "spanId": f"{number + 1:016x}",
            "parentSpanId": f"{parent + 1:016x}" if number else "", "name": f"work {number % 50}",
            "kind": 1 + number % 5, "startTimeUnixNano": str(start + number * 1000),
            "endTimeUnixNano": str(start + number * 1000 + 500_000),
            "attributes": [{"key": "step", "value": {"intValue": str(number)}},
                           {"key": "worker", "value": {"stringValue": f"w{number % 16}"}}],
        })  # fmt: skip
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "batch"}}]}
    return json.dumps({"resourceSpans": [
        {"resource": resource, "scopeSpans": [{"spans": made}]}]}).encode()


def fill(server: servers.Server, options: argparse.Namespace) -> None:
    done = generator.load(server.ports["http"], "http", options.spans, 1, "--spread",
                          str(options.hours))
    print(f"stored {done.get('accepted', options.spans):,} spans", file=sys.stderr)
    client = Client(server.ports["http"])
    for first in range(0, options.large, 10_000):
        body = large_request(min(10_000, options.large - first), first)
        answer = client.post("/v1/traces", body, "application/json")
        if answer.status != 200:
            raise RuntimeError(f"the large trace: HTTP {answer.status}")
    client.close()


def measure(client: Client, bar: Bar, pid: int) -> dict:
    """One row: times of the requests, the first of which is not counted."""
    times, found = [], 0
    client.get(bar.target())
    cpu = cpu_seconds(pid)
    for _ in range(bar.runs):
        answer = client.get(bar.target())
        if answer.status != 200:
            raise RuntimeError(f"{bar.what}: HTTP {answer.status}: {answer.body[:200]!r}")
        times.append(answer.ms)
        found += bar.read(json.loads(answer.body))
    cpu = (cpu_seconds(pid) - cpu) / bar.runs
    of = tables.times_of(times)
    judged = of["p95_ms"] if bar.of_p95 else of["p50_ms"]
    return {"what": bar.what, "runs": bar.runs, "found": found / bar.runs, **of,
            "cpu_ms": cpu * 1000, "bar_ms": bar.most_ms, "met": judged <= bar.most_ms}


def measure_large(port: int, runs: int) -> list[dict]:
    """The large trace as Jaeger's JSON: until its first byte, and until its last."""
    first, whole, size = [], [], 0
    for _ in range(runs):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        began = time.perf_counter()
        connection.request("GET", f"/api/traces/{LARGE_TRACE}")
        answer = connection.getresponse()
        answer.read(1)
        first.append((time.perf_counter() - began) * 1000)
        size = len(answer.read()) + 1
        whole.append((time.perf_counter() - began) * 1000)
        connection.close()
    rows = []
    for what, times, most in (("first byte", first, 50), ("last byte", whole, 400)):
        of = tables.times_of(times)
        rows.append({"what": f"a large trace, {what}", "runs": runs, "found": size, **of,
                     "cpu_ms": None, "bar_ms": most, "met": of["p50_ms"] <= most})
    return rows


def main() -> None:
    options = parse_options()
    machine = tables.machine(REPO)
    directory = options.data or REPO / "build" / "bench-query"
    is_there = (directory / "data").exists()
    with servers.clew(directory / "data") as server:
        if not is_there:
            fill(server, options)
    # Again, so that what was in memory only is read as a server reads it after a restart.
    with servers.clew(directory / "data") as server:
        client = Client(server.ports["query"])
        dice = random.Random(1)
        rows = [measure(client, bar, server.pid) for bar in bars(options, int(time.time()), dice)]
        rows += measure_large(server.ports["query"], max(options.runs // 10, 3))
        peak = peak_mib(server.pid)
    if not options.data:
        shutil.rmtree(directory, ignore_errors=True)
    head = ["", "runs", "found", "p50 ms", "p95 ms", "CPU ms", "bar ms", "met"]
    print(tables.table(head, [
        [row["what"], str(row["runs"]), *(tables.number(row[key], 1) for key in
                                          ("found", "p50_ms", "p95_ms", "cpu_ms")),
         tables.number(row["bar_ms"]), "yes" if row["met"] else "no"] for row in rows]))
    print(f"\n{options.spans:,} spans over {options.hours:g} h; peak memory {peak:,.0f} MiB; "
          f"{machine['cores']} cores of {machine['cpu']}, load {machine['load_before']:.1f} before")
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps({"machine": machine, "spans": options.spans,
                                        "peak_mib": peak, "rows": rows}, indent=2))
    os.sync()


if __name__ == "__main__":
    main()
