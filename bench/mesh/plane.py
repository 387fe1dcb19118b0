"""The control plane that is measured."""

from __future__ import annotations

import json
import pathlib
import time
from dataclasses import dataclass, field

from agent_process import sum_of
from client import Answer, Client
from process import BINARY, Process, free_ports

BATCH = 500  # resources in one request

PLURALS = {"Dataplane": "dataplanes", "MeshTrace": "meshtraces", "MeshTimeout": "meshtimeouts"}


class Refused(RuntimeError):
    """The control plane does not take what it was told."""


@dataclass
class ControlPlane(Process):
    """`clew mesh run`."""

    start_timeout_s: float = 300  # it composes everything before it serves
    client: Client | None = field(default=None)

    def is_up(self) -> bool:
        if not super().is_up():
            return False
        client = Client(self.ports["http"])
        try:
            return client.get("/ready").status == 200
        finally:
            client.close()

    def start(self) -> None:
        super().start()
        self.client = Client(self.ports["http"])

    def apply(self, resources: list[dict]) -> None:
        for first in range(0, len(resources), BATCH):
            body = json.dumps(resources[first:first + BATCH]).encode()
            _check(self.client.post("/apply", body, "application/json"))

    def put(self, resource: dict) -> int:
        """When it was sent (CLOCK_REALTIME, in nanoseconds)."""
        path = (f"/meshes/{resource['mesh']}/{PLURALS[resource['type']]}/{resource['name']}")
        body = json.dumps(resource).encode()
        sent_ns = time.time_ns()
        _check(self.client.put(path, body, "application/json"))
        return sent_ns

    def token(self, name: str, mesh: str) -> str:
        """That a proxy shows."""
        body = json.dumps({"name": name, "mesh": mesh}).encode()
        answer = _check(self.client.post("/tokens/dataplane", body, "application/json"))
        return json.loads(answer)["token"]

    def overview(self, name: str, mesh: str) -> dict:
        """Of a proxy: its status, and what it has."""
        return json.loads(_check(self.client.get(f"/meshes/{mesh}/dataplanes/{name}/_overview")))

    def statuses(self) -> dict[str, str]:
        """Of all proxies, by name."""
        return {one["name"]: one["status"]
                for one in json.loads(_check(self.client.get("/proxies")))["items"]}

    def streams(self) -> int:
        """Of proxies, that are open."""
        return int(sum_of(_check(self.client.get("/metrics")).decode(), "clew_mesh_proxy_streams"))


def _check(answer: Answer) -> bytes:
    if answer.status // 100 != 2:
        raise Refused(f"HTTP {answer.status}: {answer.body.decode(errors='replace')[:500]}")
    return answer.body


def control_plane(directory: pathlib.Path, tokens: bool) -> ControlPlane:
    http, xds = free_ports(2)
    command = [str(BINARY), "mesh", "run", "--data", str(directory / "mesh"),
               "--http", f"127.0.0.1:{http}", "--xds", f"127.0.0.1:{xds}",
               "--ca-plaintext-keys", "true", "--proxy-tokens", str(tokens).lower(),
               "--log-level", "warn"]
    return ControlPlane("clew mesh", command, {"http": http, "xds": xds}, directory)
