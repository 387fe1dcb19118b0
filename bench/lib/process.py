"""A server that is measured: how its process is started, waited for and stopped."""

from __future__ import annotations

import os
import pathlib
import random
import socket
import subprocess
import time
from dataclasses import dataclass, field
from typing import Self

from peers import REPO

BINARY = pathlib.Path(os.environ.get("CLEW_BINARY", REPO / "build" / "clew"))
LOG = REPO / "build" / "bench-servers.log"  # what the servers say
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 120


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nothing listens on now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def reserved_ports(count: int) -> list[int]:
    """The same, of those that the system gives to nobody by itself: where thousands connect, what
    was free a moment ago is theirs, and who connects to a port that nobody listens on may even get
    that very port and be connected to himself."""
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(max(first // 2, 1024), first)
        if port not in _reserved and not _is_used(port):
            _reserved.add(port)
            found.append(port)
    return found


_reserved: set[int] = set()  # so that what is not listened on yet is given out once


def _is_used(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Process:
    """Use it as a context: entering starts the process, leaving it stops it."""

    name: str
    command: list[str]
    ports: dict[str, int]  # of TCP, that it listens on once it serves
    directory: pathlib.Path | None = None  # None: it keeps nothing on disk
    environment: dict[str, str] = field(default_factory=dict)
    start_timeout_s: float = START_TIMEOUT_S
    process: subprocess.Popen | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def start(self) -> None:
        """Starts the process and returns once it serves."""
        with open(LOG, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=os.environ | self.environment)
        deadline = time.monotonic() + self.start_timeout_s
        while not self.is_up():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}: see {LOG}")
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self.name} does not serve after {self.start_timeout_s} s")
            time.sleep(0.005)

    def is_up(self) -> bool:
        return all(accepts(port) for port in self.ports.values())

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """kill -9."""
        assert self.process
        self.process.kill()
        self.process.wait()
