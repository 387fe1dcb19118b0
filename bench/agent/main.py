#!/usr/bin/env python3
"""Benchmark of the agent: what it costs to take, sample, count, keep and pass on every span, of
`clew agent` beside the OpenTelemetry Collector with the same work on the same spans, and how near
clew came to its bars.

Each is started fresh on loopback for every row and measured by the system's own accounting of its
process; `clew load`, which generates the spans and receives what comes out, runs on the same cores.
docs/performance.md says what the columns mean."""

from __future__ import annotations

import argparse
import pathlib
import sys
import tempfile
import time
from collections.abc import Callable

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import agents
import bars
import judging
import process
import report
import scenarios
import tables
from measure import compare, failed, measure_idle, measure_path
from peers import REPO
from scenarios import IDLE, PLAIN, SCENARIOS, Scenario

QUICK = {"spans": 300_000, "paced_spans": 60_000, "quiet": 1.5, "settle": 2.0}
Configure = Callable[[Scenario, int, pathlib.Path], agents.Agent | None]


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--only", default=",".join(scenarios.NAMES),
        help="rows to measure, with commas between them; `sample` means both of its")
    add("--quick", action="store_true", help="everything small")
    add("--spans", type=int, default=2_000_000, help="sent through each server for each row")
    add("--paced-spans", type=int, default=500_000, help="where they come by UDP")
    add("--rate", type=int, default=25_000, help="spans a second where they come by UDP: nothing "
        "holds the sender back, and the system drops what comes too fast")
    add("--no-peers", action="store_true")
    add("--scratch", type=pathlib.Path, help="where queues on disk are made; default: build/")
    add("--quiet", type=float, default=5, help="seconds without CPU use that mean settled")
    add("--settle", type=float, default=5, help="seconds without an arrival that mean that what is "
        "missing will not come")
    add("--json", type=pathlib.Path, default=REPO / "build" / "bench-agent.json")
    options = parser.parse_args()
    if options.quick:
        for name, value in QUICK.items():
            if getattr(options, name) == parser.get_default(name):
                setattr(options, name, value)
    try:
        options.only = scenarios.chosen(options.only.split(","))
    except ValueError as error:
        parser.error(str(error))
    return options


class Bench:
    """One run of the rows asked for; `results` holds them."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.results: dict[str, list[dict]] = {"paths": [], "idle": []}
        self.servers: dict[str, Configure] = {"clew agent": agents.clew}
        if not options.no_peers:
            self.servers["collector"] = agents.collector
        self.scratch = options.scratch or REPO / "build"
        self.scratch.mkdir(parents=True, exist_ok=True)
        process.LOG.parent.mkdir(parents=True, exist_ok=True)
        process.LOG.write_bytes(b"")

    def run(self) -> None:
        for number, scenario in enumerate(SCENARIOS):
            if scenario.name not in self.options.only:
                continue
            for name, configure in self.servers.items():
                self.say(f"{name}: {scenario.what}")
                self.results["paths"] += self.measure(
                    name, configure, scenario.name, scenario,
                    lambda agent, sink, scenario=scenario, seed=number:
                    self.path(scenario, agent, sink, seed))
        compare(self.results["paths"])
        if IDLE in self.options.only:
            for name, configure in self.servers.items():
                self.say(f"{name}: idle")
                self.results["idle"] += self.measure(
                    name, configure, IDLE, PLAIN, lambda agent, _: measure_idle(agent))

    def path(self, scenario: Scenario, agent: agents.Agent, sink: int, seed: int) -> dict:
        options = self.options
        spans = options.paced_spans if scenario.paced else options.spans
        return measure_path(scenario, agent, sink, spans, 200 + seed, options.quiet,
                            options.settle, options.rate)

    def measure(self, server: str, configure: Configure, row: str, scenario: Scenario,
                work: Callable[[agents.Agent, int], dict]) -> list[dict]:
        """What `work` finds with a server configured for the scenario; nothing if that server
        cannot be had."""
        (sink,) = process.free_ports(1)
        with tempfile.TemporaryDirectory(prefix="bench-", dir=self.scratch) as directory:
            try:
                agent = configure(scenario, sink, pathlib.Path(directory))
                return [work(agent, sink)] if agent else []
            except (agents.CannotRun, RuntimeError) as error:
                self.say(f"NO FIGURE: {error}")
                return [failed(row, row if row == IDLE else scenario.what, server, str(error))]

    def say(self, text: str) -> None:
        print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def show(where: dict, results: dict[str, list[dict]], verdicts: list[dict]) -> None:
    print(f"commit {where['commit']}; {where['cores']} cores ({where['cpu']}), "
          f"{where['memory_gib']} GiB, {where['kernel']}; load {where['load_before']:.1f} before; "
          "generator and receiver on the same cores; the workload of docs/performance.md, "
          "4 connections, 512 spans a request, nothing compressed")
    if results["paths"]:
        print(f"\n{report.paths_table(results['paths'])}")
    if results["idle"]:
        print(f"\n{report.idle_table(results['idle'])}")
    if missing := report.failures(results["paths"] + results["idle"]):
        print(f"\n{missing}")
    print(f"\n{judging.bars_table(verdicts)}")


def main() -> int:
    options = parse_options()
    where = tables.machine(REPO)
    bench = Bench(options)
    bench.run()
    verdicts = judging.judge_all(bars.of(options.only), bench.results)
    show(where, bench.results, verdicts)
    return judging.save(options, where, bench.results, verdicts)


if __name__ == "__main__":
    sys.exit(main())
