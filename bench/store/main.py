#!/usr/bin/env python3
"""Benchmark of the store: ingest, bytes on disk, queries, visibility and restart, of clew beside
Jaeger (Badger, memory) and Zipkin on the same spans, and how near clew came to its bars.

Each server is started fresh on loopback and measured by the system's own accounting of its
process; `clew load`, the generator, runs on the same cores. docs/performance.md says what the
columns mean."""

from __future__ import annotations

import argparse
import contextlib
import json
import pathlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import bars
import judging
import process
import report
import servers
import tables
from accounting import peak_mib
from lifecycle import measure_restart, measure_visible
from load import measure_load, parse_sample
from peers import REPO
from queries import Effort, Stored, measure_queries, missing_spans

PARTS = ("ingest", "rate", "query", "visible", "restart")
SAMPLED_TRACES = 1000
READ_BACK_TRACES = 200
QUICK = {"spans": 400_000, "peer_spans": 60_000, "rate_seconds": 3, "query_spans": 600_000,
         "restart_spans": 400_000, "runs": 50, "cold_runs": 10, "series_seconds": 3.0,
         "quiet": 1.5}


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--only", default=",".join(PARTS), help="parts to measure, with commas between them")
    add("--quick", action="store_true", help="everything small, under three minutes")
    add("--spans", type=int, default=20_000_000, help="ingested over OTLP/HTTP")
    add("--grpc-spans", type=int, help="over OTLP/gRPC; default: a quarter of --spans")
    add("--rate", type=int, default=200_000, help="spans a second of the part `rate`")
    add("--rate-seconds", type=int, default=60, help="how long that rate is held")
    add("--query-spans", type=int, default=50_000_000, help="stored for the queries")
    add("--hours", type=float, default=24, help="that their times are spread over")
    add("--restart-spans", type=int, default=2_000_000, help="loaded twice before kill -9")
    add("--peer-spans", type=int, default=500_000, help="per peer; Badger stores 8,000 a second")
    add("--no-peers", action="store_true")
    add("--data", type=pathlib.Path, help="where the store for queries is kept between runs; one "
        "that holds --query-spans already is used as it is")
    add("--keep", action="store_true", help="keep a store made in --data")
    add("--scratch", type=pathlib.Path, help="where other stores are made; default: build/")
    add("--runs", type=int, default=100, help="per kind of query")
    add("--cold-runs", type=int, default=50, help="with the page cache dropped before each")
    add("--scan-runs", type=int, default=50, help="per full scan")
    add("--series-seconds", type=float, default=60, help="a series of queries ends after these")
    add("--quiet", type=float, default=5, help="seconds without CPU use that mean settled")
    add("--json", type=pathlib.Path, default=REPO / "build" / "bench-store.json")
    options = parser.parse_args()
    if options.quick:
        for name, value in QUICK.items():
            if getattr(options, name) == parser.get_default(name):
                setattr(options, name, value)
    options.grpc_spans = options.grpc_spans or max(options.spans // 4, 1)
    options.only = options.only.split(",")
    if unknown := set(options.only) - set(PARTS):
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if options.keep and not options.data:
        parser.error("--keep needs --data")
    return options


class Bench:
    """One run of the parts asked for; `results` holds their rows."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        more = ["fill", "memory"] if "query" in options.only else []
        self.results: dict[str, list[dict]] = {part: [] for part in [*options.only, *more]}
        self.effort = Effort(options.runs, options.cold_runs, options.scan_runs,
                             options.series_seconds)
        self.scratch_parent = options.scratch or REPO / "build"
        self.scratch_parent.mkdir(parents=True, exist_ok=True)
        self._seed = 100
        process.LOG.parent.mkdir(parents=True, exist_ok=True)
        process.LOG.write_bytes(b"")

    def wants(self, part: str) -> bool:
        return part in self.options.only

    def say(self, text: str) -> None:
        print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[pathlib.Path]:
        with tempfile.TemporaryDirectory(prefix="bench-", dir=self.scratch_parent) as name:
            yield pathlib.Path(name)

    def load(self, server: servers.Server, protocol: str, spans: int, sample: pathlib.Path,
             *more: str) -> dict:
        """One row of ingest, with some traces read back."""
        self._seed += 1
        row = measure_load(server, protocol, spans, self._seed, self.options.quiet, sample, *more)
        traces = parse_sample(sample.read_text())
        read_back = dict(list(traces.items())[:READ_BACK_TRACES])
        return row | {"missing_spans": missing_spans(server, read_back)}

    def clew_ingest(self) -> None:
        for protocol, spans in (("http", self.options.spans), ("grpc", self.options.grpc_spans)):
            self.say(f"ingest: clew, {protocol}, {spans / 1e6:g} million spans")
            with self.scratch() as directory, servers.clew(directory / "data") as server:
                self.results["ingest"].append(
                    self.load(server, protocol, spans, directory / "traces"))

    def clew_rate(self) -> None:
        spans = self.options.rate * self.options.rate_seconds
        for protocol in ("http", "grpc"):
            self.say(f"fixed rate: clew, {protocol}, {self.options.rate:,} spans/s")
            with self.scratch() as directory, servers.clew(directory / "data") as server:
                self.results["rate"].append(
                    self.load(server, protocol, spans, directory / "traces", "--rate",
                              str(self.options.rate)))

    def clew_queries(self) -> None:
        """On the store in --data, loaded first unless it is there."""
        with contextlib.ExitStack() as stack:
            home = self.options.data or stack.enter_context(self.scratch())
            home.mkdir(parents=True, exist_ok=True)
            made = not (home / "stored.json").exists()
            if made:
                self.fill(home)
            stored = Stored(**json.loads((home / "stored.json").read_text()))
            if stored.spans != self.options.query_spans:
                self.say(f"{home} holds {stored.spans:,} spans: these are used")
            with servers.clew(home / "data") as server:
                self.ask(server, stored)
            if made and self.options.data and not self.options.keep:
                shutil.rmtree(home / "data")
                (home / "stored.json").unlink()
                (home / "traces").unlink()

    def fill(self, home: pathlib.Path) -> None:
        """Loads the store for queries; stored.json is written last, when all went well."""
        self.say(f"loading {self.options.query_spans / 1e6:g} million spans into {home}")
        shutil.rmtree(home / "data", ignore_errors=True)
        with servers.clew(home / "data") as server:
            stored, row = self.load_spread(server, "http", self.options.query_spans, home)
            self.results.setdefault("fill", []).append(row)
        if row["refused"] or row["missing_spans"] != 0:
            raise RuntimeError(f"spans were refused or are missing: {row}")
        (home / "stored.json").write_text(json.dumps(vars(stored)))

    def load_spread(self, server: servers.Server, protocol: str, spans: int,
                    home: pathlib.Path) -> tuple[Stored, dict]:
        """Loads spans of the last --hours; what is then stored, and the row of ingest."""
        start = int((time.time() - self.options.hours * 3600 - 60) * 1e6)
        row = self.load(server, protocol, spans, home / "traces", "--spread",
                        str(self.options.hours))
        traces = parse_sample((home / "traces").read_text())
        return Stored(row["accepted"], start, int(time.time() * 1e6), traces), row

    def ask(self, server: servers.Server, stored: Stored, only_queries: bool = False) -> None:
        """The parts `query` and `visible` on what the server holds."""
        if self.wants("query"):
            self.say(f"queries: {server.name}, {stored.spans / 1e6:g} million spans")
            self.results["query"] += measure_queries(server, stored, self.effort)
            self.results["memory"].append({"server": server.name, "stored": stored.spans,
                                           "peak_mib": peak_mib(server.pid)})
        if self.wants("visible") and not only_queries:
            self.say(f"visible after: {server.name}")
            self.results["visible"].append(
                measure_visible(server, 50, self.options.series_seconds))

    def clew_restart(self) -> None:
        self.say("restart: clew, kill -9 while loading")
        with self.scratch() as directory, servers.clew(directory / "data") as server:
            self.results["restart"].append(
                measure_restart(server, self.options.restart_spans, directory))

    def peers(self) -> None:
        """Each peer is loaded once and then asked what clew was asked; clew too once more, with no
        more spans than they, so that the queries can be compared."""
        spans = self.options.peer_spans
        with self.scratch() as directory:
            for server in (servers.clew(directory / "clew"), servers.jaeger(None, spans),
                           servers.jaeger(directory / "badger", spans), servers.zipkin(spans)):
                if server is None or (server.dialect == "clew" and not self.wants("query")):
                    continue
                protocol = "zipkin" if server.dialect == "zipkin" else "http"
                self.say(f"beside peers: {server.name}, {spans / 1e6:g} million spans")
                with server:
                    stored, row = self.load_spread(server, protocol, spans, directory)
                    if self.wants("ingest") and server.dialect != "clew":
                        self.results["ingest"].append(row)
                    self.ask(server, stored, only_queries=server.dialect == "clew")

    def run(self) -> None:
        if self.wants("ingest"):
            self.clew_ingest()
        if self.wants("rate"):
            self.clew_rate()
        if self.wants("query") or self.wants("visible"):
            self.clew_queries()
        if self.wants("restart"):
            self.clew_restart()
        if not self.options.no_peers and {"ingest", "query", "visible"} & set(self.options.only):
            self.peers()


def show(where: dict, results: dict[str, list[dict]], verdicts: list[dict]) -> None:
    print(f"commit {where['commit']}; {where['cores']} cores ({where['cpu']}), "
          f"{where['memory_gib']} GiB, {where['kernel']}; load {where['load_before']:.1f} before; "
          "generator on the same cores; 4 connections, 512 spans a request")
    tables = {"ingest": report.ingest_table, "rate": report.rate_table,
              "fill": report.ingest_table, "query": report.query_table,
              "memory": report.memory_table, "visible": report.visible_table,
              "restart": report.restart_table}
    for part, table_of in tables.items():
        if rows := results.get(part):
            print(f"\n{part}\n{table_of(rows)}")
    for row in results.get("ingest", [])[:1]:
        print(f"input: {row['input_bytes_per_span']:.0f} bytes per span")
    print(f"\n{judging.bars_table(verdicts)}")


def main() -> int:
    options = parse_options()
    where = tables.machine(REPO)
    bench = Bench(options)
    bench.run()
    verdicts = judging.judge_all(bars.BARS, bench.results)
    show(where, bench.results, verdicts)
    judging.save(options, where, bench.results, verdicts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
