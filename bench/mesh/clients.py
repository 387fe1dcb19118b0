"""The simulated Envoys: clew_mesh_clients, and what it tells of them."""

from __future__ import annotations

import json
import pathlib
import subprocess
import time
from collections.abc import Callable
from typing import Self

from peers import REPO

BINARY = REPO / "build" / "release" / "clew_mesh_clients"
POLL_S = 0.05


class TookTooLong(RuntimeError):
    """Something did not happen in time."""


class Clients:
    """Use it as a context. `names` (with tokens, where proxies need them) are of Dataplanes."""

    def __init__(self, xds_port: int, names: dict[str, str], file: pathlib.Path) -> None:
        file.write_text("".join(f"{name} {token}\n" for name, token in names.items()))
        self.count = len(names)
        self._process = subprocess.Popen(
            [str(BINARY), "--target", f"127.0.0.1:{xds_port}", "--proxies", str(file), "--sds"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, command: str) -> dict:
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"clew_mesh_clients ended with {self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{command}: {answer['error']}")
        return answer

    def mark(self) -> None:
        self.ask("mark")

    def report(self, since_ns: int) -> dict:
        return self.ask(f"report {since_ns}")

    def times_ms(self, since_ns: int) -> dict[str, list[float]]:
        """When each proxy answered last, by kind."""
        return {kind: [us / 1e3 for us in all_us]
                for kind, all_us in self.ask(f"times {since_ns}").items()}

    def wait_until_settled(self, since_ns: int, proxies: int, quiet_s: float,
                           timeout_s: float) -> dict:
        """Until so many were sent something since the mark, all have what they ask for, and nothing
        came for `quiet_s`; the report."""
        state: dict = {}

        def settled() -> bool:
            state.update(self.ask("state"))
            if state["answered"] < proxies or state["complete"] < self.count:
                return False
            return time.time_ns() - state["last_ack_ns"] >= quiet_s * 1e9

        try:
            wait_for(settled, timeout_s)
        except TookTooLong:
            raise TookTooLong(f"{proxies} proxies should have answered within {timeout_s:g} s, but "
                              f"of {self.count} {state}") from None
        return self.report(since_ns)

    def all_complete(self) -> bool:
        return self.ask("state")["complete"] == self.count


def wait_for(condition: Callable[[], bool], timeout_s: float, poll_s: float = POLL_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TookTooLong(f"it is not so after {timeout_s:g} s")
        time.sleep(poll_s)
