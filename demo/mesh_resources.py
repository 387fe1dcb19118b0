"""The mesh of the demo as its control plane is told, derived from the topology.

An edge finds the core location and gives the request its trace ID; a gateway lets it into the core
location; a sidecar stands before and behind one instance of one service. What their Envoys do in
detail is the control plane's: here stands only what an operator would write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ports
from network import LOOPBACK, Network
from topology import (CORES, EDGE_SERVICE, EDGES, ENTRY_SERVICE, GATEWAY_SERVICE, HOST, SERVICES,
                      Core, Edge, Endpoint, Service, Site, gateway_node, instance, sidecar_node)

Json = dict[str, Any]

MESH = "default"
ALL: Json = {"kind": "Mesh"}
EDGES_ONLY: Json = {"kind": "MeshGateway", "name": "clew-edge"}
SIDECARS_ONLY: Json = {"kind": "Mesh", "proxyTypes": ["Sidecar"]}

# Where the places are, in degrees: an edge sends requests to the nearest core location.
COORDINATES = {
    "fra": (50.11, 8.68), "was": (38.90, -77.04),
    "edge-ams": (52.37, 4.90), "edge-nyc": (40.71, -74.01),
}


def resources(network: Network = LOOPBACK) -> list[Json]:
    """Everything, in an order in which people read it."""
    everything: list[Json] = [_mesh()]
    everything += [_place("Zone", core) for core in CORES]
    everything += [_place("Edge", edge) for edge in EDGES]
    everything += [_gateway(edge.name, "EDGE", {"clew.io/edge": edge.name},
                            network.address(edge.name), edge.port)
                   for edge in EDGES]
    for core in CORES:
        everything.append(_gateway(gateway_node(core), "INGRESS", {"kuma.io/zone": core.name},
                                   network.address(core.name), ports.gateway(core)))
        everything += [_sidecar(one, core, network.address(core.name))
                       for one in SERVICES if not one.in_microvms]
    everything.append(_public_route())
    everything += [_route_to(one, method) for one in SERVICES for method in _methods(one)]
    everything += [_permission(one) for one in SERVICES]
    everything += [_retry(), *(_retry_of_reads(one) for one in SERVICES if "GET" in _methods(one))]
    everything += [_outliers(), _health_check(), _timeout(), _access_log()]
    everything += [_trace(), *(_trace_at(site) for site in (*EDGES, *CORES))]
    everything += [_gateway_trace(core) for core in CORES]
    return everything


@dataclass(frozen=True)
class Proxy:
    """One Envoy, by the name of its Dataplane."""

    name: str
    site: Site
    admin_port: int


def proxies() -> list[Proxy]:
    """Every Envoy."""
    found = [Proxy(edge.name, edge, ports.envoy_admin(edge)) for edge in EDGES]
    for core in CORES:
        found.append(Proxy(gateway_node(core), core, ports.envoy_admin(core)))
        found += [Proxy(sidecar_node(instance(one.name, core)), core,
                        ports.sidecar_admin(core, one.name))
                  for one in SERVICES if not one.in_microvms]
    return found


def _mesh() -> Json:
    backend = {"name": "ca", "type": "builtin", "mode": "STRICT"}
    return {"type": "Mesh", "name": MESH, "mtls": {"enabledBackend": "ca", "backends": [backend]}}


def _place(kind: str, site: Site) -> Json:
    latitude, longitude = COORDINATES[site.name]
    return {"type": kind, "name": site.name, "place": {"datacenter": site.datacenter},
            "coordinates": {"latitude": latitude, "longitude": longitude}}


def _gateway(name: str, kind: str, labels: dict[str, str], address: str,
             port: int) -> Json:
    return {"type": "Dataplane", "mesh": MESH, "name": name, "labels": labels, "networking": {
        "address": address,
        "gateway": {"type": kind, "listeners": [{"port": port, "protocol": "HTTP"}]}}}


def _inbound(service: str, port: int, app_port: int) -> Json:
    return {"port": port, "servicePort": app_port,
            "tags": {"kuma.io/service": service, "kuma.io/protocol": "http"}}


def microvm_dataplane(service: str, name: str, core: Core, slot: int, ready: bool) -> Json:
    """The sidecar of a microVM, which is sent requests while it is `ready`; it calls nobody."""
    inbound = _inbound(service, ports.microvm_inbound(core, slot), ports.microvm_app(core, slot))
    inbound["state"] = "Ready" if ready else "NotReady"
    return {"type": "Dataplane", "mesh": MESH, "name": sidecar_node(name), "microVM": name,
            "labels": {"kuma.io/zone": core.name},
            "networking": {"address": HOST, "inbound": [inbound]}}


def _sidecar(one: Service, core: Core, address: str) -> Json:
    networking: Json = {"address": address, "inbound": [_inbound(
        one.name, ports.sidecar_inbound(core, one.name), ports.app(core, one.name))]}
    if one.callees:  # one port for all of them, told apart by the Host header
        networking["outbound"] = [{"port": ports.sidecar_outbound(core, one.name),
                                   "tags": {"kuma.io/service": "*"}}]
    return {"type": "Dataplane", "mesh": MESH, "name": sidecar_node(instance(one.name, core)),
            "labels": {"kuma.io/zone": core.name}, "networking": networking}


def _policy(kind: str, name: str, **spec: Any) -> Json:
    return {"type": kind, "mesh": MESH, "name": name, "spec": spec}


def _rule(endpoint: Endpoint, service: str) -> Json:
    """A rule for an endpoint; spans of its requests are named after it, at every hop."""
    path = {"type": "RegularExpression", "value": endpoint.pattern}
    return {"name": endpoint.operation, "matches": [{"path": path, "method": endpoint.method}],
            "default": {"backendRefs": [{"kind": "MeshService", "name": service}]}}


def _public_route() -> Json:
    (entry,) = [one for one in SERVICES if one.name == ENTRY_SERVICE]
    rules = [_rule(endpoint, entry.name) for endpoint in entry.endpoints]
    return _policy("MeshHTTPRoute", "public", targetRef=EDGES_ONLY,
                   to=[{"targetRef": ALL, "hostnames": ["*"], "rules": rules}])


def _methods(one: Service) -> list[str]:
    return sorted({endpoint.method for endpoint in one.endpoints})


def _route_name(one: Service, method: str) -> str:
    return f"{one.name}-{method.lower()}"


def _route_to(one: Service, method: str) -> Json:
    """A route for each method, so that policies can tell what may be repeated."""
    rules = [_rule(endpoint, one.name) for endpoint in one.endpoints if endpoint.method == method]
    return _policy("MeshHTTPRoute", _route_name(one, method), targetRef=SIDECARS_ONLY,
                   to=[{"targetRef": {"kind": "MeshService", "name": one.name}, "rules": rules}])


def _permission(one: Service) -> Json:
    """Only who calls a service may; the entry service is called by edges."""
    callers = [other.name for other in SERVICES if one.name in other.callees]
    if one.name == ENTRY_SERVICE:
        callers.append("clew-edge")
    return _policy(
        "MeshTrafficPermission", one.name,
        targetRef={"kind": "MeshService", "name": one.name},
        **{"from": [{"targetRef": {"kind": "MeshService", "name": caller},
                     "default": {"action": "Allow"}} for caller in callers]})


def _retry() -> Json:
    """A gateway that cannot be reached costs the client nothing: the next core location answers."""
    http = {"numRetries": 1, "retryOn": ["ConnectFailure"],
            "hostSelection": [{"predicate": "OmitPreviousPriorities", "updateFrequency": 1}]}
    return _policy("MeshRetry", "edges", targetRef=EDGES_ONLY,
                   to=[{"targetRef": ALL, "default": {"http": http}}])


def _retry_of_reads(one: Service) -> Json:
    """Reading twice does no harm, so another instance is asked when one is gone, even if it had the
    request already. Its sidecar then says 503; an application's 500 is an answer."""
    http = {"numRetries": 3, "retryOn": ["ConnectFailure", "RefusedStream", "Reset", "503"],
            "backOff": {"baseInterval": "10ms", "maxInterval": "100ms"}}
    return _policy("MeshRetry", f"{one.name}-reads",
                   targetRef={"kind": "MeshHTTPRoute", "name": _route_name(one, "GET")},
                   to=[{"targetRef": ALL, "default": {"http": http}}])


def _outliers() -> Json:
    """Only what says that the gateway itself is in trouble: an application's 500 is no reason to
    leave the nearest core location."""
    outlier = {"interval": "1s", "baseEjectionTime": "5s", "maxEjectionPercent": 100,
               "detectors": {"gatewayFailures": {"consecutive": 5}}}
    return _policy("MeshCircuitBreaker", "edges", targetRef=EDGES_ONLY,
                   to=[{"targetRef": ALL, "default": {"outlierDetection": outlier}}])


def _health_check() -> Json:
    check = {"interval": "1s", "timeout": "1s", "unhealthyThreshold": 2, "healthyThreshold": 1,
             "http": {"path": "/healthz", "expectedStatuses": [200]}}
    return _policy("MeshHealthCheck", "edges", targetRef=EDGES_ONLY,
                   to=[{"targetRef": ALL, "default": check}])


def _timeout() -> Json:
    """Idle connections end sooner than the shop's servers end them, so Envoy is the one to hang up.
    """
    conf = {"connectionTimeout": "1s", "idleTimeout": "30s", "http": {"requestTimeout": "30s"}}
    return _policy("MeshTimeout", "all", targetRef=ALL, to=[{"targetRef": ALL, "default": conf}],
                   **{"from": [{"targetRef": ALL, "default": conf}]})


def _access_log() -> Json:
    line = ("%START_TIME% %TRACE_ID% %REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE% "
            "%RESPONSE_FLAGS% %DURATION%ms -> %UPSTREAM_HOST%")
    file = {"path": "/dev/stdout", "format": {"type": "Plain", "plain": line}}
    backends = [{"type": "File", "file": file}]
    return _policy("MeshAccessLog", "gateways",
                   targetRef={"kind": "Mesh", "proxyTypes": ["Gateway"]},
                   **{"from": [{"targetRef": ALL, "default": {"backends": backends}}]})


def _trace() -> Json:
    """What holds everywhere: every request, and two tags beside those that the mesh gives itself.
    """
    tags = [
        # The edge sees the client itself; behind it this is the last of x-forwarded-for.
        {"name": "client.address", "formatter": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"},
        {"name": "url.full", "formatter":
            "%REQ(:SCHEME)%://%REQ(:AUTHORITY)%%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"},
    ]
    return _policy("MeshTrace", "all", targetRef=ALL,
                   default={"sampling": {"overall": 100, "random": 100}, "tags": tags})


def _trace_at(site: Site) -> Json:
    """The agent of the place takes the spans."""
    if isinstance(site, Edge):
        target = {"kind": "Dataplane", "name": site.name}
        default: Json = {"serviceName": EDGE_SERVICE}
    else:
        target = {"kind": "MeshSubset", "tags": {"kuma.io/zone": site.name}}
        default = {}
    default["backends"] = [_otlp(f"{HOST}:{ports.agent_otlp_grpc(site)}")]
    return _policy("MeshTrace", f"at-{site.name}", targetRef=target, default=default)


def _gateway_trace(core: Core) -> Json:
    """Each gateway reports in another protocol, so that the demo has them all."""
    backend = {
        "otlp-grpc": _otlp(f"{HOST}:{ports.agent_otlp_grpc(core)}"),
        "otlp-http": _otlp(f"http://{HOST}:{ports.agent_otlp_http(core)}/v1/traces"),
        "zipkin": {"type": "Zipkin", "zipkin": {
            "url": f"http://{HOST}:{ports.agent_zipkin(core)}/api/v2/spans",
            "traceId128bit": True, "sharedSpanContext": False}},
    }[core.gateway_tracer]
    default: Json = {"backends": [backend]}
    if core.gateway_tracer != "zipkin":  # whose spans are of the node's cluster
        default["serviceName"] = GATEWAY_SERVICE
    return _policy("MeshTrace", gateway_node(core),
                   targetRef={"kind": "Dataplane", "name": gateway_node(core)}, default=default)


def _otlp(endpoint: str) -> Json:
    return {"type": "OpenTelemetry", "openTelemetry": {"endpoint": endpoint}}
