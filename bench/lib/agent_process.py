"""An agent that is measured: ready when it says so, and what its metrics tell."""

from __future__ import annotations

import re
from dataclasses import dataclass

from client import Client
from process import Process


@dataclass
class Agent(Process):
    ready_path: str = ""  # what to ask on the port "status"; empty: that it listens is enough
    udp_port: int = 0

    def is_up(self) -> bool:
        if not super().is_up():
            return False
        return not self.ready_path or self._ask(self.ready_path)[0] == 200

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels; 0 while it has not been counted."""
        return sum_of(self._ask("/metrics")[1].decode(), name)

    def _ask(self, path: str) -> tuple[int, bytes]:
        client = Client(self.ports["status"])
        try:
            answer = client.get(path)
            return answer.status, answer.body
        finally:
            client.close()


def sum_of(text: str, name: str) -> float:
    """Of a metric over its labels, in Prometheus's text format."""
    return sum(map(float, re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)))
