"""Loads a server and accounts for what it did with it."""

from __future__ import annotations

import pathlib
import time

from accounting import cpu_seconds, peak_mib, wait_until_idle
from generator import load
from servers import Server


def parse_sample(text: str) -> dict[str, int]:
    """Acknowledged spans by trace ID, as `clew load --trace-ids` writes them."""
    return {trace: int(spans) for trace, spans in map(str.split, text.splitlines())}


def measure_load(server: Server, protocol: str, spans: int, seed: int, quiet_s: float,
                 sample: pathlib.Path, *more: str) -> dict:
    """Loads a running server and waits until it is idle again: one row of the report. The trace
    IDs sampled are in the file `sample`."""
    idle = cpu_seconds(server.pid)
    began = time.monotonic()
    result = load(server.ports[protocol], protocol, spans, seed, "--trace-ids", str(sample), *more)
    loaded = cpu_seconds(server.pid)
    last_busy, settled_in_time = wait_until_idle(server.pid, quiet_s)
    settled = cpu_seconds(server.pid)
    accepted = max(result["accepted"], 1)
    in_log_only = server.spans_in_log_only()
    in_blocks = max(accepted - in_log_only, 0) if in_log_only is not None else None
    stored = server.stored_bytes()
    return {
        "server": server.name,
        "protocol": protocol,
        "accepted": result["accepted"],
        "refused": result["refused"],
        "spans_per_s": accepted / result["seconds"],
        # Slower than the above where acknowledged spans wait in a queue.
        "stored_per_s": accepted / max(result["seconds"], last_busy - began),
        "cpu_s_per_million": (loaded - idle) / accepted * 1e6,
        "settled_cpu_s_per_million": (settled - idle) / accepted * 1e6,
        "settled": settled_in_time,
        "peak_mib": peak_mib(server.pid),
        "block_bytes_per_span": stored / in_blocks if stored and in_blocks else None,
        "disk_bytes_per_span": (stored + server.log_bytes()) / accepted if stored else None,
        "log_mib": server.log_bytes() / 2**20 if server.directory else None,
        "spans_in_log_only": in_log_only,
        "input_bytes_per_span": result["bytes_per_span"],
        "generator_cpu_s_per_million": result["cpu_seconds"] / accepted * 1e6,
        "rate": result["rate"],
        "behind_ms": result["behind_ms"],
        "answer_ms": result["answer_ms"],
    }
