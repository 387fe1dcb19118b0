"""Sends a load through an agent and accounts for what became of it and what it cost."""

from __future__ import annotations

import time

from accounting import cpu_seconds, peak_mib, resident_mib, udp_drops, wait_until_idle
from agents import Agent
from generator import WaitingLoad, load_command
from scenarios import IDLE, Scenario

IDLE_S = 2.0  # after the start, before its memory is looked at


def loss(result: dict, sampled: bool, kept_elsewhere: int | None = None) -> int | None:
    """Spans that were accepted and must have arrived, but have not. Of a sampler's output only the
    number is known: what another one with the same seed keeps of the same traces."""
    if not sampled:
        return result["missing"]
    return None if kept_elsewhere is None else abs(kept_elsewhere - result["arrived"])


def row_of(scenario: Scenario, server: str, result: dict, cpu_s: float) -> dict:
    """One row of the report, from what `clew load` saw and the process's CPU time."""
    accepted = max(result["accepted"], 1)
    seconds = max(result["seconds"], result["last_arrival_seconds"])
    return {
        "row": scenario.name,
        "what": scenario.what,
        "server": server,
        "failed": "",
        "accepted": result["accepted"],
        "refused": result["refused"],
        "spans_per_s": accepted / result["seconds"],
        # Slower than the above where accepted spans wait in a queue.
        "through_per_s": accepted / seconds,
        "cpu_s_per_million": cpu_s / accepted * 1e6,
        "arrived": result["arrived"],
        "arrived_share": result["arrived_share"],
        "lost": loss(result, scenario.sampled),
        "twice": result["twice"],
        "unknown": result["unknown"],
        "input_bytes_per_span": result["bytes_per_span"],
        "generator_cpu_s_per_million": result["cpu_seconds"] / accepted * 1e6,
    }


def measure_path(scenario: Scenario, agent: Agent, sink: int, spans: int, seed: int,
                 quiet_s: float, settle_s: float, rate: int) -> dict:
    """Starts the agent, sends `spans` through it to the port `sink`, and waits until it is idle
    again."""
    ports = agent.ports | {"jaeger_udp": agent.udp_port}
    pace = ("--rate", str(rate)) if scenario.paced else ()
    command = load_command(ports[scenario.protocol], scenario.protocol, spans, seed, "--receive",
                           f"{scenario.out}://127.0.0.1:{sink}", "--settle", f"{settle_s}s", *pace)
    with WaitingLoad(command, sink) as load, agent:
        time.sleep(IDLE_S)
        idle_mib = resident_mib(agent.pid)
        before = cpu_seconds(agent.pid)
        result = load.run()
        _, settled = wait_until_idle(agent.pid, quiet_s)
        cpu_s = cpu_seconds(agent.pid) - before
        return row_of(scenario, agent.name, result, cpu_s) | {
            "settled": settled,
            "idle_mib": idle_mib,
            "peak_mib": peak_mib(agent.pid),
            "kernel_drops": udp_drops(agent.udp_port) if scenario.paced else None,
        }


def measure_idle(agent: Agent) -> dict:
    """Starts the agent and leaves it alone."""
    with agent:
        time.sleep(IDLE_S)
        before, began = cpu_seconds(agent.pid), time.monotonic()
        time.sleep(IDLE_S)
        used = (cpu_seconds(agent.pid) - before) / (time.monotonic() - began)
        return {"row": IDLE, "server": agent.name, "failed": "",
                "idle_mib": resident_mib(agent.pid), "cpu_share": used}


def failed(name: str, what: str, server: str, why: str) -> dict:
    """The row of a server that has no figure."""
    return {"row": name, "what": what, "server": server, "failed": why}


def compare(rows: list[dict]) -> None:
    """Sets `ratio` of clew's rows to how many times its CPU time the collector took, and what is
    lost of sampled rows: both were sent the same traces and sample with the same seed."""
    for row in rows:
        others = [one for one in rows
                  if one["row"] == row["row"] and not one["server"].startswith("clew")]
        other = others[0] if others and not others[0]["failed"] else None
        if row["failed"] or not other or other is row:
            continue
        row["ratio"] = other["cpu_s_per_million"] / max(row["cpu_s_per_million"], 1e-9)
        if row["lost"] is None:
            row["lost"] = loss(row, sampled=True, kept_elsewhere=other["arrived"])
