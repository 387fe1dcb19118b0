#!/usr/bin/env python3
"""Benchmark of edges: do requests go to the nearest core location, and what do clients see when one
dies, comes back, is full, or when the way to it gets longer; and how near that is to the bars.

Three edges, four core locations and their Envoys are in network namespaces of this machine, with
the world's distances between them (test/netlab). It takes root. docs/performance.md says what the
columns mean."""

from __future__ import annotations

import argparse
import pathlib
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import judging
import scenes
import tables
from judging import Bar
from lab_mesh import HOT, REPO, Size, by_nearness, mesh_lab
from netlab.lab import Lab
from tables import number, table

QUICK = {"services": 10, "rate": 150.0, "steady": 15.0, "outage": 10.0, "spill": 15.0,
         "way": 30.0}


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--quick", action="store_true", help="everything small")
    add("--services", type=int, default=50)
    add("--rate", type=float, default=500, help="requests per second, at all edges together")
    add("--sampling", type=float, default=20, help="percent of the requests whose spans are read")
    add("--steady", type=float, default=60, help="seconds in which nothing happens")
    add("--outage", type=float, default=20, help="seconds for which a core location is away")
    add("--spill", type=float, default=30, help="seconds of too many requests for one service")
    add("--way", type=float, default=300, help="seconds after a way has become longer")
    add("--json", type=pathlib.Path, default=REPO / "build" / "bench-edge.json")
    options = parser.parse_args()
    if options.quick:
        for name, value in QUICK.items():
            if getattr(options, name) == parser.get_default(name):
                setattr(options, name, value)
    return options


def _of(name: str, key: str):
    return lambda row: row.get(key) if row["row"] == name else None


BARS = [
    Bar("steady: to the nearest: ratio", "scenes", _of("steady", "nearest"), 0.999, at_least=True),
    Bar("a core location dies: errors: ratio", "scenes", _of("outage", "error_ratio"), 0.001),
    Bar("a core location dies: back to normal: s", "scenes", _of("outage", "normal_s"), 2),
    Bar("50 ms more: traffic moves: s", "scenes", _of("way", "moved_s"), 15),
    Bar("50 ms more: flaps after that", "scenes", _of("way", "flaps"), 0),
    Bar("full: share spilled, off the optimum", "scenes", _of("spill", "off_optimum"), 0.05),
    Bar("recovery: most in a second, of normal", "scenes", _of("recovery", "most_of_normal"), 1.2),
    Bar("tags of spans that are right: ratio", "scenes", _of("tag", "right"), 1, at_least=True),
]


def expected(record) -> set[str]:
    """The reasons that may be given: which core location is down or full is not asked here."""
    if record.core == by_nearness(record.edge)[0]:
        return {"nearest"}
    return {"spill"} if record.service == HOT else {"failover"}


def run(options: argparse.Namespace) -> list[dict]:
    size = Size(options.services, options.rate)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=REPO / "build") as name:
        say(f"{size.services} services, {size.rate:g} requests per second")
        with mesh_lab(pathlib.Path(name), size, options.sampling) as world:
            records = []
            scene = scenes.Scene(world, size, records)
            say("the edges measure")
            time.sleep(5)
            rows = []
            for what, play in (
                ("nothing happens", lambda: [scenes.steady(scene, options.steady)]),
                ("a core location dies", lambda: scenes.outage(scene, options.outage)),
                ("a service is asked for too much", lambda: [scenes.spill(scene, options.spill)]),
            ):
                say(what)
                rows += play()
            rows.append(scenes.explained(scene, expected))
            say("a way gets longer")
            rows.append(scenes.longer_way(scene, options.way))
            return rows


def say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def show(where: dict, rows: list[dict], verdicts: list[dict]) -> None:
    print(f"commit {where['commit']}; {where['cores']} cores ({where['cpu']}), "
          f"{where['memory_gib']} GiB, {where['kernel']}; load {where['load_before']:.1f} before; "
          "clients, Envoys, apps and the router on the same cores")
    head = ["what happens", "requests", "errors", "p50 ms", "max ms", "more"]
    said = {"nearest", "failover_to_next", "normal_s", "most_of_normal", "back_s", "spilled",
            "elsewhere", "moved_s", "flaps", "kinds", "spans", "right", "examples"}
    print("\n" + table(head, [[
        row["what"], number(row.get("requests")), number(row.get("errors")),
        number(row.get("p50_ms"), 1), number(row.get("max_ms")),
        ", ".join(f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
                  for key, value in row.items() if key in said and value not in ({}, [])),
    ] for row in rows]))
    print(f"\n{judging.bars_table(verdicts)}")


def main() -> int:
    options = parse_options()
    if why := Lab.why_not():
        print(f"bench-edge wants network namespaces: {why}", file=sys.stderr)
        return 2
    where = tables.machine(REPO)
    rows = run(options)
    verdicts = judging.judge_all(BARS, {"scenes": rows})
    show(where, rows, verdicts)
    return judging.save(options, where, {"scenes": rows}, verdicts)


if __name__ == "__main__":
    sys.exit(main())
