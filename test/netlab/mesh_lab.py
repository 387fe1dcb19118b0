"""A mesh in the lab: a real control plane at home, real Envoys at every edge and core location, and
clients at the edges.

    with MeshLab(directory, edges={"ams": (52.4, 4.9)},
                 cores={"fra": (50.1, 8.7), "was": (38.9, -77.0)}, services=["shop"],
                 delays={("ams", "fra"): 5, ("ams", "was"): 45}) as world:
        with world.load(100) as load:
            world.lab.down("fra")
        print(load.records())

Each edge has one Envoy. Each core location has two: its ingress, and one sidecar for all services
that run there, an inbound each. mTLS is on, and everything is traced to `world.sink`."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import pathlib
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping

from clew import wait_until
from mesh import ALL, ControlPlane, Proxy, gateway, mesh, policy, public_route, trace, zone
from netlab.lab import Lab
from netlab.load import Record
from otlp_sink import OtlpSink, attributes

HERE = pathlib.Path(__file__).resolve().parent
EDGE_PORT, INGRESS_PORT = 8080, 15443
FIRST_INBOUND, FIRST_APP = 20_000, 25_000  # of a sidecar and of the apps behind it; each service's
CLIENT = 3  # a span's kind

# What was on its way to a core location that has died is asked of another one.
RETRIES = policy(
    "MeshRetry", "edges", targetRef={"kind": "MeshGateway", "name": "clew-edge"},
    to=[{"targetRef": ALL, "default": {"http": {
        "numRetries": 3, "retryOn": ["ConnectFailure", "Reset"],
        "hostSelection": [{"predicate": "OmitPreviousPriorities", "updateFrequency": 1}]}}}],
)  # fmt: skip

Coordinates = tuple[float, float]  # latitude, longitude


@dataclasses.dataclass(frozen=True)
class Choice:
    """Where an edge has sent a request, and why, as its span says; "" if it found no place."""

    trace: str
    edge: str
    core: str
    reason: str
    begin_ns: int  # since 1970


class SiteProxy(Proxy):
    """`clew proxy run` in a site of the lab."""

    def __init__(self, lab: Lab, site: str, plane: ControlPlane, name: str, *args: str):
        super().__init__(plane, name, *args)
        self.lab, self.site = lab, site
        self.command = [*lab.enter(site), *self.command]

    def stats(self, pattern: str) -> dict[str, int]:
        with self.lab.inside(self.site):
            return super().stats(pattern)


class Load:
    """Clients at every edge, while it is entered; see load.py."""

    def __init__(
        self, world: MeshLab, rate: float, services: Iterable[str], edges: list[str], timeout: float
    ):
        self.world, self.edges = world, edges
        self.arguments = [rate / len(edges), timeout, *services]
        self.files = [world.directory / f"load-{next(_numbers)}-{edge}.jsonl" for edge in edges]
        self.processes: list[subprocess.Popen] = []

    def __enter__(self) -> Load:
        for edge, file in zip(self.edges, self.files, strict=True):
            to = f"{self.world.lab.address(edge)}:{EDGE_PORT}"
            command = [sys.executable, HERE / "load.py", edge, to, *self.arguments]
            with file.open("wb") as out:
                self.processes.append(self.world.lab.run(edge, command, stdout=out))
        return self

    def __exit__(self, *_) -> None:
        """The requests that are on their way are answered, or time out."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            assert process.wait(timeout=120) == 0

    def records(self) -> list[Record]:
        """What has been answered so far, or has failed, in the order in which it was sent."""
        lines = itertools.chain(*(file.read_text().splitlines(True) for file in self.files))
        records = [Record(**json.loads(line)) for line in lines if line.endswith("\n")]
        return sorted(records, key=lambda record: record.begin)

    def cpu_seconds(self) -> float:
        """What the clients have taken."""
        return sum(Lab.cpu_seconds_of(process.pid) for process in self.processes)


_numbers = itertools.count()


class MeshLab:
    """`delays` are those of Lab, and so is `jitter`; between home and everywhere there is none.
    `services` run in every core location, or where a mapping says. `probes`: edges measure how far
    core locations are; without, everything goes by the coordinates. `tracing` are more fields of
    the MeshTrace, as its `batching` (each span at once) or `sampling`. `more`: resources."""

    def __init__(
        self,
        directory: pathlib.Path,
        *,
        edges: Mapping[str, Coordinates],
        cores: Mapping[str, Coordinates],
        services: Iterable[str] | Mapping[str, Iterable[str]],
        delays: Mapping[tuple[str, str], float],
        jitter: float = 0,
        probes: bool = True,
        tracing: Mapping | None = None,
        more: Iterable[dict] = (),
    ):
        self.directory, self.edges, self.cores = directory, dict(edges), dict(cores)
        places = services if isinstance(services, Mapping) else dict.fromkeys(services, cores)
        self.services = {name: list(where) for name, where in places.items()}
        self.delays, self.jitter, self.probes = delays, jitter, probes
        self.tracing, self.more = dict(tracing or {}), list(more)
        self.proxies: dict[str, SiteProxy] = {}

    def __enter__(self) -> MeshLab:
        with contextlib.ExitStack() as stack:
            sites = [*self.edges, *self.cores]
            ways = {(a, b) for a in sites for b in sites if a != b}
            assert set(self.delays) <= ways, set(self.delays) - ways
            self.lab = stack.enter_context(Lab(sites, self.delays))
            if self.jitter:
                for a, b in ways:
                    self.lab.set_way(a, b, both=False, jitter=self.jitter)
            home = self.lab.address("home")
            self.sink = stack.enter_context(OtlpSink(host=home))
            self.plane = stack.enter_context(ControlPlane(self.directory, host=home))
            self.plane.apply(*self._resources())
            self._start_apps()
            for core in self.cores:
                self._start_proxy(stack, core, f"ingress-{core}")
                if self._services_at(core):
                    self._start_proxy(stack, core, f"apps-{core}")
            self._wait_until_ready(self.cores, INGRESS_PORT)
            # Only now: an edge that finds a core location silent trusts it little for a while.
            for edge in self.edges:
                self._start_proxy(stack, edge, f"edge-{edge}", *(["--edge"] if self.probes else []))
            self._wait_until_ready(self.edges, EDGE_PORT)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error) -> None:
        self._stack.__exit__(*error)

    def load(
        self,
        rate: float,
        services: Iterable[str] | None = None,
        *,
        edges: Iterable[str] | None = None,
        timeout: float = 5,
    ) -> Load:
        """Requests per second for all services in turn, at all edges together, if not said
        otherwise. It begins when it is entered."""
        return Load(self, rate, services or self.services, list(edges or self.edges), timeout)

    def choices(self) -> list[Choice]:
        """What the spans of edges say that have come so far, in the order in which they came."""
        with self.sink.changed:
            spans = self.sink.all_spans()
        return [
            Choice(span.trace_id.hex(), tags["edge"], tags.get("core_location", ""),
                   tags.get("core_location.reason", ""), span.start_time_unix_nano)
            for resource, span in spans
            if span.kind == CLIENT and attributes(resource)["service.name"] == "clew-edge"
            for tags in [attributes(span)]
        ]  # fmt: skip

    def _services_at(self, core: str) -> list[str]:
        return [name for name, cores in self.services.items() if core in cores]

    def _resources(self) -> list[dict]:
        address = self.lab.address
        edges_may = [
            {"targetRef": {"kind": "MeshService", "name": "clew-edge"},
             "default": {"action": "Allow"}}
        ]  # fmt: skip
        return [
            mesh(),
            policy("MeshTrafficPermission", "edges", targetRef=ALL, **{"from": edges_may}),
            trace(f"{address('home')}:{self.sink.port}", **self.tracing),
            *(zone(core, coordinates=_degrees(self.cores[core])) for core in self.cores),
            *({"type": "Edge", "name": edge, "coordinates": _degrees(self.edges[edge])}
              for edge in self.edges),
            *(gateway(f"ingress-{core}", "INGRESS", core, INGRESS_PORT, address(core))
              for core in self.cores),
            *(gateway(f"edge-{edge}", "EDGE", edge, EDGE_PORT, address(edge))
              for edge in self.edges),
            *(self._apps(core) for core in self.cores if self._services_at(core)),
            *(public_route(f"{name}.example.com", name) for name in self.services),
            *self.more,
        ]  # fmt: skip

    def _apps(self, core: str) -> dict:
        """One Dataplane for all apps of a core location."""
        inbound = [
            {"port": FIRST_INBOUND + i, "servicePort": FIRST_APP + i,
             "tags": {"kuma.io/service": name, "kuma.io/protocol": "http"}}
            for i, name in enumerate(self._services_at(core))
        ]  # fmt: skip
        return {
            "type": "Dataplane", "mesh": "default", "name": f"apps-{core}",
            "labels": {"kuma.io/zone": core},
            "networking": {"address": self.lab.address(core), "inbound": inbound},
        }  # fmt: skip

    def _start_apps(self) -> None:
        for core in self.cores:
            ports = [f"{name}={FIRST_APP + i}" for i, name in enumerate(self._services_at(core))]
            command = [sys.executable, HERE / "apps.py", core, *ports]
            apps = self.lab.run(core, command, stdout=subprocess.PIPE, text=True)
            assert apps.stdout.readline() == "ready\n"

    def _start_proxy(self, stack: contextlib.ExitStack, site: str, name: str, *args: str) -> None:
        proxy = SiteProxy(self.lab, site, self.plane, name, *args)
        self.proxies[name] = stack.enter_context(proxy)

    def _wait_until_ready(self, sites: Iterable[str], port: int) -> None:
        """All proxies that have been started have what they shall have, and the gateways of these
        sites take connections."""
        self.plane.wait_until_online(*self.proxies, seconds=120)
        for site in sites:
            wait_until(lambda to=(self.lab.address(site), port): _accepts(to))


def _accepts(address: tuple[str, int]) -> bool:
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection(address, 30):
        return True
    return False


def _degrees(coordinates: Coordinates) -> dict[str, float]:
    return dict(zip(("latitude", "longitude"), coordinates, strict=True))
