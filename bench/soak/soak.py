#!/usr/bin/env python3
"""Minutes of load at a share of the most an agent takes: is its memory flat, is everything there?

`clew load` sends OTLP over HTTP and gRPC, Zipkin's JSON and Jaeger's protobuf at once, and is also
the server behind the agent, so it knows of every span whether it came, and how often. The agent
normalizes, stamps its place, counts metrics and edges of all spans, and queues on disk with fsync.
docs/performance.md says what the figures mean."""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
import tempfile
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import process
import tables
from accounting import cpu_seconds, resident_mib
from agent_process import Agent
from generator import WaitingLoad, load_command
from judging import Bar, bars_table, judge_all
from peers import REPO
from samples import Sample, memory_of, thinned
from subject import PROTOCOLS, agent_to, at, queued_bytes

CONNECTIONS = 2 * len(PROTOCOLS)
SHOWN = 10  # lines of samples

BARS = [
    Bar("spans missing", "soak", lambda row: row["missing"], 0),
    Bar("spans that came twice", "soak", lambda row: row["twice"], 0),
    Bar("spans nobody sent", "soak", lambda row: row["unknown"], 0),
    Bar("spans refused", "soak", lambda row: row["refused"], 0),
    Bar("MiB grown beyond 5 % of the mean, or 4", "soak",
        lambda row: 0 if row["flat"] else row["grown_mib"], 0),
    Bar("share of the rate asked for", "soak", lambda row: row["rate_share"], 0.97, at_least=True),
]


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add("--minutes", type=float, default=15)
    add("--share", type=float, default=0.8, help="of the most that goes through, measured before")
    add("--rate", type=int, help="spans a second instead")
    add("--measured-spans", type=int, default=1_000_000, help="sent to find out how much that is")
    add("--every", type=float, default=1, help="seconds between two samples")
    add("--scratch", type=pathlib.Path, default=REPO / "build", help="where the queue is made")
    add("--json", type=pathlib.Path, default=REPO / "build" / "soak.json")
    return parser.parse_args()


def say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


class Watch:
    """Samples an agent until it is stopped."""

    def __init__(self, agent: Agent, every_s: float) -> None:
        self.samples: list[Sample] = []
        self._agent, self._every_s = agent, every_s
        self._began, self._cpu_s = time.monotonic(), cpu_seconds(agent.pid)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> list[Sample]:
        self._stopped.set()
        self._thread.join()
        return self.samples

    def _run(self) -> None:
        while not self._stopped.wait(self._every_s):
            pid = self._agent.pid
            self.samples.append(Sample(
                time.monotonic() - self._began, resident_mib(pid), cpu_seconds(pid) - self._cpu_s,
                queued_bytes(self._agent) / 2**20))


def run_load(options: argparse.Namespace, spans: int, seed: int, *more: str,
             lower_rates: bool = True) -> dict:
    """Starts an agent and sends that many spans through it; what became of them, and samples."""
    (sink,) = process.free_ports(1)
    with tempfile.TemporaryDirectory(prefix="soak-", dir=options.scratch) as directory:
        agent = agent_to(sink, pathlib.Path(directory), lower_rates=lower_rates)
        first, *others = PROTOCOLS
        also = ",".join(f"{name}://{at(agent.ports[name])}" for name in others)
        command = load_command(agent.ports[first], first, spans, seed, "--also", also,
                               "--connections", str(CONNECTIONS), "--receive", at(sink),
                               "--settle", "30s", *more)
        with WaitingLoad(command, sink) as load, agent:
            watch = Watch(agent, options.every)
            try:
                result = load.run()
            finally:
                samples = watch.stop()
    return result | {"samples": samples}


def measure_most(options: argparse.Namespace) -> float:
    """Spans a second that go all the way through when nothing holds the sender back."""
    result = run_load(options, options.measured_spans, 300, lower_rates=False)
    return result["accepted"] / max(result["seconds"], result["last_arrival_seconds"])


def row_of(result: dict, rate: float) -> dict:
    samples: list[Sample] = result.pop("samples")
    memory = memory_of(samples)
    return result | {
        "server": "clew agent",
        "rate_share": result["accepted"] / result["seconds"] / rate,
        "mib_per_hour": memory.mib_per_hour,
        "grown_mib": memory.grown_mib,
        "mean_mib": memory.mean_mib,
        "peak_mib": memory.peak_mib,
        "flat": memory.is_flat,
        "cpu_s_per_million": samples[-1].cpu_s / result["accepted"] * 1e6,
        "most_queued_mib": max(one.queued_mib for one in samples),
        "samples": [vars(one) for one in samples],
    }


def show(row: dict, rate: float) -> None:
    lines, before = [], Sample(0, 0, 0, 0)
    for one in thinned([Sample(**each) for each in row["samples"]], SHOWN):
        cores = (one.cpu_s - before.cpu_s) / (one.seconds - before.seconds)
        lines.append([f"{one.seconds:.0f}", f"{one.resident_mib:.1f}", f"{cores:.2f}",
                      f"{one.queued_mib:.1f}"])
        before = one
    print(tables.table(["second", "resident MiB", "cores", "queued MiB"], lines))
    answers = row["answer_ms"]
    print(f"\n{row['accepted']:,} spans at {rate:,.0f}/s ({row['rate_share']:.1%} of that "
          f"reached)\nanswers: p50 {answers['p50']:.1f}, p99 {answers['p99']:.1f}, max "
          f"{answers['max']:.0f} ms\nmemory: mean {row['mean_mib']:.1f} MiB, peak "
          f"{row['peak_mib']:.1f}, slope {row['mib_per_hour']:+.1f} MiB an hour "
          f"({row['grown_mib']:+.2f} MiB in this run)\n"
          f"{row['cpu_s_per_million']:.2f} CPU s per million spans; queue at most "
          f"{row['most_queued_mib']:.1f} MiB")


def main() -> int:
    options = parse_options()
    options.scratch.mkdir(parents=True, exist_ok=True)
    where = tables.machine(REPO)
    if options.rate:
        rate = float(options.rate)
    else:
        most = measure_most(options)
        rate = most * options.share
        say(f"at most {most:,.0f} spans/s go through")
    say(f"{options.minutes:g} minutes at {rate:,.0f} spans/s")
    spans = int(rate * options.minutes * 60)
    row = row_of(run_load(options, spans, 301, "--rate", f"{rate:.0f}"), rate)
    show(row, rate)
    verdicts = judge_all(BARS, {"soak": [row]})
    print(f"\n{bars_table(verdicts)}")
    options.json.write_text(json.dumps(
        {"machine": where, "rate": rate, "soak": row, "bars": verdicts}, indent=1))
    print(f"\nalso in {options.json}")
    return 0 if all(one["met"] for one in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
