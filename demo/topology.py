"""What stands where in the demo: the one description everything else is derived from.

The Envoy configuration, the processes to start, the ports, the handlers of the shop's services and
the span tree that `clew-demo check` expects all come from here. To change the demo, change this.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

HOST = "127.0.0.1"

# Whether one service of the shop runs in microVMs; `make demo MICROVM=1` says so.
MICROVM = os.environ.get("CLEW_DEMO_MICROVM", "") not in ("", "0")


@dataclass(frozen=True)
class Call:
    """A request that a service makes to answer another one: `path` may use the caller's {id}."""

    service: str
    method: str
    path: str


@dataclass(frozen=True)
class Endpoint:
    """One thing a service answers. `calls` are made one after the other, in this order."""

    method: str
    path: str
    work_ms: float
    calls: tuple[Call, ...] = ()

    @property
    def operation(self) -> str:
        """The name its Envoy spans get: low in cardinality, as an operation should be."""
        return f"{self.method} {self.path}"

    @property
    def pattern(self) -> str:
        """A regular expression (RE2 and Python) that matches the paths of this endpoint."""
        return re.sub(r"\{\w+\}", "[^/?]+", self.path)

    def matches(self, method: str, path: str) -> bool:
        return method == self.method and re.fullmatch(self.pattern, path) is not None


@dataclass(frozen=True)
class Service:
    """A service of the shop; one instance runs in every core location, behind a sidecar. Of a
    service in microVMs there may be more: see microvms.py.

    `otlp` is the protocol its OpenTelemetry SDK exports with, as the SDKs spell it in
    OTEL_EXPORTER_OTLP_PROTOCOL; None means that the service is instrumented with nothing and only
    forwards the trace headers it receives.
    """

    name: str
    language: str  # "node", "python", or "microvm": the program of microvm/guest.cc
    otlp: str | None
    endpoints: tuple[Endpoint, ...]

    @property
    def instrumented(self) -> bool:
        return self.otlp is not None

    @property
    def in_microvms(self) -> bool:
        return self.language == "microvm"

    @property
    def callees(self) -> list[str]:
        """The services that this one sends requests to."""
        return sorted({call.service for endpoint in self.endpoints for call in endpoint.calls})

    def endpoint(self, method: str, path: str) -> Endpoint:
        for endpoint in self.endpoints:
            if endpoint.matches(method, path):
                return endpoint
        raise KeyError(f"{self.name} has no endpoint for {method} {path}")


SERVICES: tuple[Service, ...] = (
    Service("frontend", "node", "http/protobuf", (
        Endpoint("GET", "/", 2, (Call("inventory", "GET", "/products"),)),
        Endpoint("GET", "/product/{id}", 2, (Call("inventory", "GET", "/products/{id}"),)),
        Endpoint("GET", "/cart/checkout", 3, (Call("checkout", "POST", "/checkout"),)),
    )),
    Service("checkout", "python", "grpc", (
        Endpoint("POST", "/checkout", 4, (
            Call("inventory", "GET", "/products/7"),
            Call("payments", "POST", "/charge"),
        )),
    )),
    Service("inventory", "python", None, (
        Endpoint("GET", "/products", 6),
        Endpoint("GET", "/products/{id}", 3, (Call("payments", "GET", "/prices/{id}"),)),
    )),
    Service("payments", *(("microvm", None) if MICROVM else ("node", "http/json")), endpoints=(
        Endpoint("GET", "/prices/{id}", 2),
        Endpoint("POST", "/charge", 12),
    )),
)

ENTRY_SERVICE = "frontend"  # what the gateways send requests to


def service(name: str) -> Service:
    """The service of that name; KeyError when the shop has none."""
    for candidate in SERVICES:
        if candidate.name == name:
            return candidate
    raise KeyError(name)


@dataclass(frozen=True)
class Site:
    """A place with its own agent: an edge or a core location.

    Its internal ports are `base` plus a small number, see `ports.py`.
    """

    name: str
    datacenter: str
    base: int


@dataclass(frozen=True)
class Core(Site):
    """A core location: an ingress gateway and one instance of each service with its sidecar.

    `gateway_tracer` is the protocol its gateway reports spans with.
    """

    gateway_tracer: str = "otlp-grpc"  # or "otlp-http", "zipkin"


@dataclass(frozen=True)
class Edge(Site):
    """An edge: where clients arrive. `cores` are the core locations it sends to, nearest first."""

    port: int = 0
    cores: tuple[str, ...] = ()


CORES: tuple[Core, ...] = (
    Core("fra", "fra1", 15300, gateway_tracer="otlp-http"),
    Core("was", "was1", 15400, gateway_tracer="zipkin"),
)

EDGES: tuple[Edge, ...] = (
    Edge("edge-ams", "ams1", 15100, port=8080, cores=("fra", "was")),
    Edge("edge-nyc", "nyc1", 15200, port=8081, cores=("was", "fra")),
)

SITES: tuple[Site, ...] = EDGES + CORES

# Of packets from one to the other, in the lab; a round trip takes twice that.
DELAYS_MS: dict[tuple[str, str], float] = {
    ("edge-ams", "fra"): 4, ("edge-ams", "was"): 42, ("edge-ams", "edge-nyc"): 40,
    ("edge-nyc", "was"): 4, ("edge-nyc", "fra"): 42, ("fra", "was"): 45,
}


def place(site: Site) -> dict[str, str]:
    """What the agent of a site knows of where it stands, by the agent's own words for it."""
    if isinstance(site, Edge):
        return {"datacenter": site.datacenter, "edge": site.name}
    return {"datacenter": site.datacenter, "core_location": site.name}


def core(name: str) -> Core:
    """The core location of that name; KeyError when there is none."""
    for candidate in CORES:
        if candidate.name == name:
            return candidate
    raise KeyError(name)


def edge(name: str) -> Edge:
    """The edge of that name; KeyError when there is none."""
    for candidate in EDGES:
        if candidate.name == name:
            return candidate
    raise KeyError(name)


# What each kind of Envoy calls itself in its spans (service.name), and the `node` tag of each one.
EDGE_SERVICE = "edge"
GATEWAY_SERVICE = "gateway"


def sidecar_service(name: str) -> str:
    """The service.name of the sidecars beside a service."""
    return f"{name}-sidecar"


def gateway_node(location: Core) -> str:
    return f"gateway-{location.name}"


def instance(name: str, location: Core) -> str:
    """The service.instance.id of a service's one instance in a core location."""
    return f"{name}-{location.name}"


def microvm(name: str, location: Core, number: int) -> str:
    """The id of a microVM that runs a service; the first one of a core location has number 1."""
    return f"{instance(name, location)}-{number}"


def sidecar_node(of: str) -> str:
    """The name of the sidecar beside an instance or a microVM."""
    return f"{of}-sidecar"
