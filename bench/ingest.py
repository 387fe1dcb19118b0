#!/usr/bin/env python3
"""Ingest benchmark: clew store beside Jaeger, the same spans one after the other on this machine.

Prints one row a run: spans/s accepted, CPU seconds per million spans (user and system, until the
server is idle again), peak memory, bytes on disk per span, refused spans, and how clew compares.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time

REPO = pathlib.Path(__file__).resolve().parent.parent
LOAD = REPO / "build" / "release" / "clew_load"
TICKS = os.sysconf("SC_CLK_TCK")
PORTS = {"grpc": 27317, "http": 27318, "query": 27686, "zipkin": 27411}


def cpu_seconds(pid: int) -> float:
    """User and system time of the process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mib(pid: int) -> float:
    """Peak resident memory."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmHWM")


def disk_bytes(directory: pathlib.Path) -> int:
    """What the files occupy, holes not counted."""
    return sum(f.stat().st_blocks * 512 for f in directory.rglob("*") if f.is_file())


def wait_for_port(port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on {port}")


def wait_until_idle(pid: int) -> float:
    """CPU seconds once the process used less than 2 % of a core for two seconds."""
    before = cpu_seconds(pid)
    for _ in range(60):
        time.sleep(2)
        now = cpu_seconds(pid)
        if now - before < 0.04:
            return now
        before = now
    return before


def clew_command(data: pathlib.Path, durability: str) -> list[str]:
    return [
        str(REPO / "build" / "clew"), "store", "--data", str(data), "--log-level", "warn",
        "--durability", durability,
        "--otlp-grpc", f"127.0.0.1:{PORTS['grpc']}", "--otlp-http", f"127.0.0.1:{PORTS['http']}",
        "--zipkin", f"127.0.0.1:{PORTS['zipkin']}", "--http", f"127.0.0.1:{PORTS['query']}",
    ]  # fmt: skip


def jaeger_command() -> list[str] | None:
    """Jaeger all-in-one in memory, built from the Go module proxy; None without a Go tool chain."""
    binary = REPO / ".deps" / "peers" / "jaeger-all-in-one"
    if not binary.exists():
        if not shutil.which("go"):
            print("no peer: there is no `go` to build Jaeger with", file=sys.stderr)
            return None
        print("building Jaeger 1.62.0 as a peer (once, about two minutes)", file=sys.stderr)
        binary.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as module:
            run = {"cwd": module, "check": True, "capture_output": True}
            package = "github.com/jaegertracing/jaeger/cmd/all-in-one"
            subprocess.run(["go", "mod", "init", "peer"], **run)
            subprocess.run(["go", "get", f"{package}@v1.62.0"], **run)
            subprocess.run(["go", "build", "-o", str(binary), package], **run)
    return [
        str(binary), "--log-level", "error",
        "--collector.otlp.grpc.host-port", f"127.0.0.1:{PORTS['grpc']}",
        "--collector.otlp.http.host-port", f"127.0.0.1:{PORTS['http']}",
        "--query.http-server.host-port", f"127.0.0.1:{PORTS['query']}",
        "--query.grpc-server.host-port", "127.0.0.1:27685",
        "--collector.grpc-server.host-port", "127.0.0.1:27250",
        "--collector.http-server.host-port", "127.0.0.1:27268",
        "--http-server.host-port", "127.0.0.1:27578",
        "--admin.http.host-port", "127.0.0.1:27269",
        "--processor.jaeger-binary.server-host-port", "127.0.0.1:27832",
        "--processor.jaeger-compact.server-host-port", "127.0.0.1:27831",
        "--processor.zipkin-compact.server-host-port", "127.0.0.1:27775",
    ]  # fmt: skip


def measure(name: str, command: list[str], transport: str, spans: int, seed: int,
            data: pathlib.Path | None) -> dict:  # fmt: skip
    """One run against a fresh server."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for_port(PORTS["http" if transport == "http" else "grpc"], process)
        wait_for_port(PORTS["query"], process)
        idle = cpu_seconds(process.pid)
        load = [str(LOAD), "--target", f"127.0.0.1:{PORTS[transport]}", "--spans", str(spans),
                "--seed", str(seed)]  # fmt: skip
        if transport == "grpc":
            load.append("--grpc")
        done = subprocess.run(load, capture_output=True, text=True)
        result = json.loads(done.stdout)
        loaded = cpu_seconds(process.pid)
        settled = wait_until_idle(process.pid)
        million = result["accepted"] / 1e6
        return {
            "server": name, "transport": transport,
            "spans/s": result["accepted"] / result["seconds"],
            "CPU s/M": (loaded - idle) / million, "settled": (settled - idle) / million,
            "peak MiB": peak_mib(process.pid),
            "B/span": disk_bytes(data) / result["accepted"] if data else float("nan"),
            "refused": result["refused"], "in B/span": result["bytes_per_span"],
        }  # fmt: skip
    finally:
        process.terminate()
        process.wait(timeout=60)


def show(row: dict) -> None:
    print(
        f"{row['server']:<22} {row['transport']:<5} {row['spans/s']:>10,.0f} "
        f"{row['CPU s/M']:>8.2f} {row['settled']:>8.2f} {row['peak MiB']:>9.0f} "
        f"{row['B/span']:>8.1f} {row['refused']:>8}",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=2_000_000, help="per run of clew")
    parser.add_argument("--peer-spans", type=int, default=500_000, help="per run of the peer")
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()

    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=REPO, text=True,
                            capture_output=True).stdout.strip()  # fmt: skip
    print(f"commit {commit or 'unknown'}, {os.cpu_count()} cores, {platform.machine()}, "
          f"Linux {platform.release()}; generator on the same cores; 4 connections, "
          "512 spans a request")  # fmt: skip
    print(f"{'server':<22} {'in':<5} {'spans/s':>10} {'CPU s/M':>8} {'settled':>8} "
          f"{'peak MiB':>9} {'B/span':>8} {'refused':>8}")  # fmt: skip
    peer = None if options.no_peer else jaeger_command()
    ratios = []
    for transport in ("http", "grpc"):
        with tempfile.TemporaryDirectory(prefix="clew-bench-") as data:
            ours = measure("clew store (fsync)", clew_command(pathlib.Path(data), "fsync"),
                           transport, options.spans, 1, pathlib.Path(data))  # fmt: skip
        show(ours)
        if peer:
            theirs = measure("Jaeger 1.62 in memory", peer, transport, options.peer_spans, 2, None)
            show(theirs)
            ratios.append(f"{transport}: {theirs['settled'] / ours['settled']:.1f}")
    print(f"input: {ours['in B/span']:.0f} bytes per span")
    if ratios:
        print(f"CPU of Jaeger per span, in CPU of clew per span: {', '.join(ratios)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
