"""The mesh that is measured, of the shape of bench/mesh_world.h: zones with an ingress each, edges,
services behind sidecars that call a few others, and a public host for every service. Beside that it
has the policies that the benchmark changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

PORT = 9000  # that simulated sidecars listen on
MESH = "default"


@dataclass(frozen=True)
class Size:
    services: int = 1000
    sidecars: int = 5000
    zones: int = 10
    edges: int = 50
    calls: int = 5  # services that each calls

    @property
    def proxies(self) -> int:
        return self.sidecars + self.zones + self.edges

    def service_of(self, sidecar: int) -> int:
        return sidecar % self.services

    def zone_of(self, sidecar: int) -> int:
        return (sidecar // self.services + sidecar) % self.zones

    def called_by(self, service: int) -> list[int]:
        return [(service * 7 + i * 13 + 1) % self.services for i in range(self.calls)]

    def told_of(self, sidecar: int) -> list[str]:
        """The proxies that send requests straight to it: the ingress of its zone, and the sidecars
        there whose services call its own."""
        zone, service = self.zone_of(sidecar), self.service_of(sidecar)
        callers = {one for one in range(self.services) if service in self.called_by(one)}
        return [f"gateway-zone-{zone}"] + [
            f"sidecar-{one}" for one in range(self.sidecars)
            if self.zone_of(one) == zone and self.service_of(one) in callers
        ]


def _resource(kind: str, name: str, **rest: object) -> dict:
    return {"type": kind, "mesh": MESH, "name": name, **rest}


def _policy(kind: str, name: str, **spec: object) -> dict:
    return _resource(kind, name, spec=spec)


def dataplane(size: Size, name: str, like: int, address: str, port: int,
              outbounds: list[int]) -> dict:
    """A sidecar of the service and in the zone of the sidecar `like`, that listens for its app on
    the ports `outbounds`, one for each service that it calls."""
    service = size.service_of(like)
    tags = {"kuma.io/service": f"service-{service}"}
    return _resource("Dataplane", name, labels={"kuma.io/zone": f"zone-{size.zone_of(like)}"},
                     networking={
        "address": address,
        "inbound": [{"port": port, "servicePort": 8000, "tags": tags}],
        "outbound": [{"port": outbound, "tags": {"kuma.io/service": f"service-{called}"}}
                     for outbound, called in zip(outbounds, size.called_by(service))],
    })


def sidecar(size: Size, number: int, port: int = PORT) -> dict:
    address = f"10.{1 + number // 65536}.{number // 256 % 256}.{number % 256}"
    outbounds = [10_000 + i for i in range(size.calls)]
    return dataplane(size, f"sidecar-{number}", number, address, port, outbounds)


def gateway(name: str, place: str, address: str, port: int) -> dict:
    """Of an edge or, where the place is a zone, an ingress."""
    zone = place.startswith("zone")
    return _resource(
        "Dataplane", name, labels={"kuma.io/zone" if zone else "clew.io/edge": place},
        networking={"address": address, "gateway": {"type": "INGRESS" if zone else "EDGE",
                                                    "listeners": [{"port": port}]}})


def _places(size: Size) -> Iterator[dict]:
    for kind, place, count, net in (("Zone", "zone", size.zones, 200),
                                    ("Edge", "edge", size.edges, 201)):
        for i in range(count):
            name = f"{place}-{i}"
            yield {"type": kind, "name": name,
                   "coordinates": {"latitude": i * 13 % 120 - 60,
                                   "longitude": i * 37 % 360 - 180}}
            yield gateway(f"gateway-{name}", name, f"10.{net}.0.{i + 1}", 8443)


def _public_route(service: int) -> dict:
    rule = {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
            "default": {"backendRefs": [{"kind": "MeshService", "name": f"service-{service}"}]}}
    return _policy("MeshHTTPRoute", f"app-{service}", to=[
        {"targetRef": {"kind": "Mesh"}, "hostnames": [f"app-{service}.example"], "rules": [rule]}])


def resources(size: Size) -> list[dict]:
    """Everything, with mTLS for all."""
    backend = {"name": "ca", "type": "builtin", "mode": "STRICT"}
    allow = [{"targetRef": {"kind": "Mesh"}, "default": {"action": "Allow"}}]
    return [
        {"type": "Mesh", "name": MESH, "mtls": {"enabledBackend": "ca", "backends": [backend]}},
        _policy("MeshTrafficPermission", "all", **{"from": allow}),
        tracing("none"),
        request_timeout(15),
        connection_timeout(5),
        *_places(size),
        *map(_public_route, range(size.services)),
        *(sidecar(size, number) for number in range(size.sidecars)),
    ]


def simulated(size: Size, without: set[str] = frozenset()) -> list[str]:
    """The names of all proxies, the largest first: they are what a change waits for."""
    names = [*(f"gateway-edge-{i}" for i in range(size.edges)),
             *(f"gateway-zone-{i}" for i in range(size.zones)),
             *(f"sidecar-{i}" for i in range(size.sidecars))]
    return [name for name in names if name not in without]


def tracing(tag: str) -> dict:
    """Of all: every listener has the tag."""
    backend = {"type": "OpenTelemetry", "openTelemetry": {"endpoint": "127.0.0.1:4317"}}
    return _policy("MeshTrace", "all", default={"backends": [backend],
                                                "tags": [{"name": "release", "literal": tag}]})


def _timeout(name: str, default: dict) -> dict:
    return _policy("MeshTimeout", name, targetRef={"kind": "Mesh"},
                   to=[{"targetRef": {"kind": "Mesh"}, "default": default}])


def request_timeout(seconds: int) -> dict:
    """Of all requests between proxies: every route has it."""
    return _timeout("requests", {"http": {"requestTimeout": f"{seconds}s"}})


def connection_timeout(seconds: int) -> dict:
    """Of all connections between proxies: every cluster has it."""
    return _timeout("connections", {"connectionTimeout": f"{seconds}s"})


def toggle(service: int, percent: int) -> dict:
    """As `clew mesh trace SERVICE PERCENT` says it."""
    return _policy("MeshTrace", f"app-service-{service}",
                   targetRef={"kind": "MeshService", "name": f"service-{service}"},
                   default={"sampling": {"overall": percent, "random": percent}})
