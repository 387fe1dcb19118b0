#!/usr/bin/env python3
"""The backend is away for an hour's worth of spans and comes back: does everything arrive, how
soon, and do those who send meanwhile notice?

`clew load` fills the agent's queue on disk as fast as it is answered while nothing listens where
the agent exports to, then listens there and counts. A second one sends at a steady rate before the
outage, while it lasts and while the agent catches up: the time to its answers is what a sender
sees. docs/performance.md says what the figures mean."""

from __future__ import annotations

import argparse
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import process
import tables
from accounting import cpu_seconds, disk_bytes, peak_mib
from agent_process import Agent
from generator import load, load_command
from judging import Bar, bars_table, judge_all
from peers import REPO
from subject import agent_to, at, queued_bytes

QUICK_SECONDS = 100
BYTES_PER_SPAN = 1600  # of room; about 1,420 are used: what Envoys send grows by half in passing
CAUGHT_UP_S = 2  # of the live rate may wait: batches are made of what comes within moments
POLL_S = 0.1
MOST_SECONDS = 3600

BARS = [
    Bar("spans missing", "outage", lambda row: row["missing"], 0),
    Bar("spans that came twice", "outage", lambda row: row["twice"], 0),
    Bar("live spans that did not come once", "outage", lambda row: row["live_wrong"], 0),
    Bar("spans refused", "outage", lambda row: row["refused"], 0),
]


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--rate", type=int, default=3000, help="spans a second, then and while it catches up")
    add("--seconds", type=int, default=3600, help="how long the backend is away, at that rate; its "
        "spans are sent as fast as they are answered")
    add("--quick", action="store_true", help=f"{QUICK_SECONDS} seconds")
    add("--live-seconds", type=int, default=20, help="of steady load before and in the outage")
    add("--scratch", type=pathlib.Path, default=REPO / "build", help="where the queue is made")
    add("--json", type=pathlib.Path, default=REPO / "build" / "bench-outage.json")
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.live_seconds = QUICK_SECONDS, 5
    return options


def say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


class Outage:
    """One run. The parts are called in their order."""

    def __init__(self, options: argparse.Namespace, agent: Agent, sink: int) -> None:
        self.options, self.agent, self.sink = options, agent, sink
        self.spans = options.rate * options.seconds

    def live(self, seed: int, *more: str) -> dict:
        """Steady load; its result."""
        options = self.options
        return load(self.agent.ports["http"], "http", options.rate * options.live_seconds, seed,
                    "--rate", str(options.rate), "--spans-per-request", "64", *more)

    def fill(self) -> subprocess.Popen:
        """Sends what comes in the outage; listens when it is sent. Returns then."""
        command = load_command(self.agent.ports["http"], "http", self.spans, 402, "--receive",
                               at(self.sink), "--receive-late", "--settle", "15s", "--progress")
        loader = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        while not process.accepts(self.sink):
            if loader.poll() is not None:
                raise RuntimeError(f"clew load ended with {loader.returncode}")
            self.queued, self.disk = queued_bytes(self.agent), disk_bytes(self.agent.directory)
            time.sleep(POLL_S)
        return loader

    def catch_up(self) -> tuple[float, dict]:
        """Steady load until what waited is delivered: the seconds, and its result."""
        began = time.monotonic()
        command = load_command(self.agent.ports["http"], "http", self.options.rate * MOST_SECONDS,
                               403, "--rate", str(self.options.rate), "--spans-per-request", "64")
        sender = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            while self.held_bytes() > self.options.rate * CAUGHT_UP_S * BYTES_PER_SPAN:
                if time.monotonic() - began > MOST_SECONDS:
                    raise RuntimeError(f"it has not caught up after {MOST_SECONDS} s")
                time.sleep(POLL_S)
            seconds = time.monotonic() - began
        finally:
            sender.send_signal(signal.SIGINT)
            output, _ = sender.communicate()
        return seconds, json.loads(output)

    def held_bytes(self) -> float:
        """What is not delivered: the queue's segments that are not done. The one being written
        stays until it is full, so what is in memory and on its way counts when that is all."""
        segment = 8 << 20
        queued = queued_bytes(self.agent)
        in_memory = self.agent.metric("clew_exporter_queue_memory_bytes")
        return in_memory if queued < 2 * segment else queued

    def run(self) -> dict:
        options = self.options
        say(f"{options.live_seconds} s of steady load, the backend there")
        before = self.live(400, "--receive", at(self.sink))
        say(f"{options.live_seconds} s of it, the backend away")
        away = self.live(401)
        say(f"{self.spans:,} spans while it is away")
        cpu_s = cpu_seconds(self.agent.pid)
        loader = self.fill()
        filled_cpu_s = cpu_seconds(self.agent.pid) - cpu_s
        say(f"{self.queued / 2**20:,.0f} MiB wait; the backend is back")
        seconds, during = self.catch_up()
        cpu_s = cpu_seconds(self.agent.pid) - cpu_s - filled_cpu_s
        say(f"caught up after {seconds:.1f} s")
        output, _ = loader.communicate()
        result = json.loads(output)
        waited = result["accepted"] + away["accepted"]
        live = away["accepted"] + during["accepted"]
        return {
            "server": "clew agent",
            "accepted": result["accepted"],
            "missing": result["missing"],
            "twice": result["twice"],
            "live_accepted": live,
            "live_arrived": result["unknown"],
            # Another run's spans are nobody's to the one that counts.
            "live_wrong": abs(result["unknown"] - live) + before["missing"] + before["twice"],
            "refused": sum(one["refused"] for one in (before, away, result, during)),
            "fill_spans_per_s": result["accepted"] / result["seconds"],
            "fill_cpu_s_per_million": filled_cpu_s / result["accepted"] * 1e6,
            "queued_bytes_per_span": self.queued / waited,
            "disk_bytes_per_span": self.disk / waited,
            "input_bytes_per_span": result["bytes_per_span"],
            "catch_up_seconds": seconds,
            "catch_up_spans_per_s": (waited + during["accepted"]) / seconds,
            "catch_up_cpu_s_per_million": cpu_s / (waited + during["accepted"]) * 1e6,
            "peak_mib": peak_mib(self.agent.pid),
            "answers": {"before": before, "away": away, "catching up": during},
        }


def show(row: dict) -> None:
    lines = [[name, tables.number(one["accepted"]), *(
        tables.number(one["answer_ms"][part], 2) for part in ("p50", "p95", "p99", "max"))]
        for name, one in row["answers"].items()]
    print(tables.table(["steady load", "spans", "p50 ms", "p95 ms", "p99 ms", "max ms"], lines))
    print(f"\n{row['accepted']:,} spans taken in the outage at {row['fill_spans_per_s']:,.0f}/s, "
          f"{row['fill_cpu_s_per_million']:.2f} CPU s per million; on disk "
          f"{row['disk_bytes_per_span']:.0f} bytes per span ({row['input_bytes_per_span']:.0f} as "
          f"they came)\ncaught up in {row['catch_up_seconds']:.1f} s, "
          f"{row['catch_up_spans_per_s']:,.0f} spans/s, {row['catch_up_cpu_s_per_million']:.2f} "
          f"CPU s per million; peak memory {row['peak_mib']:.0f} MiB")


def main() -> int:
    options = parse_options()
    options.scratch.mkdir(parents=True, exist_ok=True)
    where = tables.machine(REPO)
    (sink,) = process.free_ports(1)
    room = options.rate * (options.seconds + options.live_seconds) * BYTES_PER_SPAN + (64 << 20)
    with tempfile.TemporaryDirectory(prefix="outage-", dir=options.scratch) as directory:
        with agent_to(sink, pathlib.Path(directory), room, lower_rates=False) as agent:
            row = Outage(options, agent, sink).run()
    show(row)
    verdicts = judge_all(BARS, {"outage": [row]})
    print(f"\n{bars_table(verdicts)}")
    options.json.write_text(json.dumps(
        {"machine": where, "rate": options.rate, "seconds": options.seconds, "outage": row,
         "bars": verdicts}, indent=1))
    print(f"\nalso in {options.json}")
    return 0 if all(one["met"] for one in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
