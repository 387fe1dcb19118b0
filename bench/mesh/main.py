#!/usr/bin/env python3
"""Benchmark of the control plane: how soon a change is at the proxies, what is sent for it, and
what that costs; and how near `clew mesh run` came to its bars.

It is started fresh on loopback, with simulated Envoys (delta ADS, each over a connection of its
own) and some real ones, on the same cores. A time is from the request of the REST API to a proxy's
last answer. docs/performance.md says what the columns mean."""

from __future__ import annotations

import argparse
import contextlib
import pathlib
import sys
import tempfile
import time
from collections.abc import Callable

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import bars
import clients
import envoys
import judging
import measure
import process
import report
import rows
import tables
import world
from peers import REPO
from plane import control_plane

QUICK = {"sidecars": 200, "services": 50, "zones": 4, "edges": 4, "real": 3, "moves": 12,
         "policies": 2, "toggles": 6, "timeout": 60.0}


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--only", default=",".join(rows.NAMES), help="rows to measure, with commas between them")
    add("--quick", action="store_true", help="everything small")
    add("--sidecars", type=int, default=5000)
    add("--services", type=int, default=1000)
    add("--zones", type=int, default=10, help="with an ingress each")
    add("--edges", type=int, default=50)
    add("--real", type=int, default=20, help="Envoys beside the simulated ones")
    add("--moves", type=int, default=100, help="endpoints that move, one after the other")
    add("--policies", type=int, default=5, help="changes of each policy that reaches everyone")
    add("--toggles", type=int, default=40, help="changes of the tracing of an app")
    add("--row-seconds", type=float, default=180, help="a row makes no more changes after this")
    add("--timeout", type=float, default=300, help="seconds until what does not happen will not")
    add("--tokens", action="store_true", help="proxies have to show a token")
    add("--json", type=pathlib.Path, default=REPO / "build" / "bench-mesh.json")
    options = parser.parse_args()
    if options.quick:
        for name, value in QUICK.items():
            if getattr(options, name) == parser.get_default(name):
                setattr(options, name, value)
    options.only = options.only.split(",")
    if unknown := set(options.only) - set(rows.NAMES):
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(rows.NAMES)}")
    return options


class Bench:
    """One run of the rows asked for; `results` holds them."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.size = world.Size(options.services, options.sidecars, options.zones, options.edges)
        self.results: dict[str, list[dict]] = {"events": [], "changes": []}
        process.LOG.parent.mkdir(parents=True, exist_ok=True)
        process.LOG.write_bytes(b"")

    def run(self) -> None:
        with (tempfile.TemporaryDirectory(prefix="bench-", dir=REPO / "build") as name,
              contextlib.ExitStack() as stack):
            directory = pathlib.Path(name)
            subject = self.prepare(directory, stack)
            for row in rows.ROWS:
                self.measure("changes", row.name, row.what, lambda row=row: measure.changes(
                    subject, row, getattr(self.options, row.repeats), self.options.row_seconds))
            self.measure("events", rows.REFUSE, "some refuse", lambda: measure.refusals(
                subject, max(self.size.proxies // 100, 1)))
            for name, cold in ((rows.RECONNECT, False), (rows.COLD, True)):
                self.measure("events", name, "kill -9, restart",
                             lambda cold=cold: measure.reconnect(subject, cold))

    def prepare(self, directory: pathlib.Path, stack: contextlib.ExitStack) -> measure.Subject:
        """A control plane with the mesh, and everyone connected."""
        plane = stack.enter_context(control_plane(directory, self.options.tokens))
        real = envoys.dataplanes(self.size, self.options.real)
        self.say(f"the mesh: {self.size}")
        loaded = measure.load(plane, world.resources(self.size) + real, 2)
        names = world.simulated(self.size, {f"sidecar-{one}" for one in rows.moved(self.size)})
        tokens = {name: plane.token(name, world.MESH) if self.options.tokens else ""
                  for name in [*names, *(one["name"] for one in real)]}
        crowd = stack.enter_context(clients.Clients(
            plane.ports["xds"], {name: tokens[name] for name in names}, directory / "proxies"))
        subject = measure.Subject(self.size, plane, crowd, [], self.options.timeout)
        self.say(f"{crowd.count:,} proxies connect")
        self.results["events"] += [loaded, measure.connect(subject, loaded)]
        self.say(f"{len(real)} real Envoys")
        for one in real:
            envoy = envoys.start(plane, one["name"], tokens[one["name"]], directory)
            subject.real.append(stack.enter_context(envoy))
        envoys.wait_until_online(plane, subject.real, self.options.timeout)
        return subject

    def measure(self, part: str, name: str, what: str, work: Callable[[], dict]) -> None:
        if name not in self.options.only:
            return
        self.say(f"{name}: {what}")
        try:
            self.results[part].append(work())
        except measure.FAILURES as error:
            self.say(f"NO FIGURE: {error}")
            self.results[part].append(measure.failed(name, what, "clew mesh", str(error)))

    def say(self, text: str) -> None:
        print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def show(where: dict, results: dict[str, list[dict]], verdicts: list[dict]) -> None:
    print(f"commit {where['commit']}; {where['cores']} cores ({where['cpu']}), "
          f"{where['memory_gib']} GiB, {where['kernel']}; load {where['load_before']:.1f} before; "
          "simulated and real Envoys on the same cores")
    print(f"\n{report.events_table(results['events'])}")
    if results["changes"]:
        print(f"\n{report.changes_table(results['changes'])}")
    if missing := report.failures(results["events"] + results["changes"]):
        print(f"\n{missing}")
    print(f"\n{judging.bars_table(verdicts)}\n\n{report.PEERS}")


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
