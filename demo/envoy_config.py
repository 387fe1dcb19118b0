"""Builds the configuration of every Envoy of the demo from the topology.

An edge finds the core location and gives the request its trace ID; a gateway lets it into the core
location; a sidecar stands before and behind one instance of one service. All three are one HTTP
connection manager or two with a tracer, put together from the same few pieces.
"""

from __future__ import annotations

import ports
from envoy_tracing import (COLLECTOR, TYPE, Json, endpoint_tag, flush_runtime,
                           forget_foreign_traces, literal, tracing)
from topology import (CORES, EDGE_SERVICE, EDGES, ENTRY_SERVICE, GATEWAY_SERVICE, HOST, SERVICES,
                      Core, Edge, Service, Site, gateway_node, service, sidecar_node,
                      sidecar_service)

# Shorter than the shop's servers keep idle connections, so that Envoy is the one to hang up.
IDLE_TIMEOUT = "30s"


def all_configs() -> dict[str, Json]:
    """The configuration of every Envoy, by the name of its process."""
    configs: dict[str, Json] = {}
    for an_edge in EDGES:
        configs[an_edge.name] = edge(an_edge)
    for location in CORES:
        configs[gateway_node(location)] = gateway(location)
        for one in SERVICES:
            configs[sidecar_node(one.name, location)] = sidecar(one, location)
    return configs


def edge(site: Edge) -> Json:
    """An edge: makes the trace ID, tells it to the client, sends to the nearest core that works."""
    tags = [
        literal("edge", site.name),
        # An edge stands in no core location: it names the one that it has chosen.
        endpoint_tag("core_location", "core_location", default="none"),
        endpoint_tag("upstream.datacenter", "datacenter", default="none"),
    ]
    manager = _manager(
        site, EDGE_SERVICE, site.name, "edge",
        spans_upstream=True,
        routes=_routes_of(service(ENTRY_SERVICE), "core"),
        tags=tags,
        response_headers={"x-trace-id": "%TRACE_ID%"},
        access_log=True,
    )
    manager["route_config"]["virtual_hosts"][0]["retry_policy"] = _other_core_retry()
    manager["use_remote_address"] = True
    manager["early_header_mutation_extensions"] = [forget_foreign_traces()]
    return _bootstrap(
        EDGE_SERVICE, site.name, ports.envoy_admin(site),
        [_listener("clients", site.port, manager)],
        [_core_cluster(site), _collector(site, "otlp-grpc")],
    )


def gateway(location: Core) -> Json:
    """An ingress gateway: trusts the trace context of the edges, sends to the entry service."""
    node = gateway_node(location)
    manager = _manager(
        location, GATEWAY_SERVICE, node, "gateway",
        spans_upstream=True,
        routes=_routes_of(service(ENTRY_SERVICE), ENTRY_SERVICE),
        tags=[literal("core_location", location.name)],
        tracer=location.gateway_tracer,
        access_log=True,
    )
    manager["http_filters"].insert(0, _health_check_filter())
    return _bootstrap(
        GATEWAY_SERVICE, node, ports.envoy_admin(location),
        [_listener("edges", ports.gateway(location), manager)],
        [
            _cluster(ENTRY_SERVICE, [ports.sidecar_inbound(location, ENTRY_SERVICE)]),
            _collector(location, location.gateway_tracer),
        ],
    )


def sidecar(one: Service, location: Core) -> Json:
    """A sidecar: one listener before its service, one that its service sends its requests to."""
    name, node = sidecar_service(one.name), sidecar_node(one.name, location)
    tags = [literal("core_location", location.name)]
    inbound = _manager(location, name, node, "inbound", spans_upstream=False,
                       routes=_routes_of(one, "app"), tags=tags)
    listeners = [_listener("inbound", ports.sidecar_inbound(location, one.name), inbound,
                           direction="INBOUND")]
    clusters = [_cluster("app", [ports.app(location, one.name)]), _collector(location, "otlp-grpc")]

    if one.callees:
        outbound = _manager(location, name, node, "outbound", spans_upstream=False, routes=[],
                            tags=tags)
        outbound["route_config"]["virtual_hosts"] = [
            {"name": callee, "domains": [callee], "routes": _routes_of(service(callee), callee)}
            for callee in one.callees
        ]
        listeners.append(_listener("outbound", ports.sidecar_outbound(location, one.name),
                                   outbound, direction="OUTBOUND"))
        clusters += [_cluster(callee, [ports.sidecar_inbound(location, callee)])
                     for callee in one.callees]
    return _bootstrap(name, node, ports.sidecar_admin(location, one.name), listeners, clusters)


def _manager(site: Site, envoy_service: str, node: str, stat_prefix: str, *, spans_upstream: bool,
             routes: list[Json], tags: list[Json], tracer: str = "otlp-grpc",
             response_headers: dict[str, str] | None = None, access_log: bool = False) -> Json:
    """An HTTP connection manager that traces and routes; its access log goes to stdout."""
    route_config: Json = {
        "name": stat_prefix,
        "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}],
    }
    if response_headers:
        route_config["response_headers_to_add"] = [
            {"header": {"key": key, "value": value},
             "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
            for key, value in response_headers.items()
        ]
    return {
        "@type": TYPE + "extensions.filters.network.http_connection_manager.v3"
                        ".HttpConnectionManager",
        "stat_prefix": stat_prefix,
        "tracing": tracing(site, envoy_service, node, spans_upstream, tags, tracer),
        "route_config": route_config,
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {
            "@type": TYPE + "extensions.filters.http.router.v3.Router"}}],
        "access_log": [_access_log()] if access_log else [],
    }


def _access_log() -> Json:
    line = ("%START_TIME% %TRACE_ID% %REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE% "
            "%RESPONSE_FLAGS% %DURATION%ms -> %UPSTREAM_HOST%\n")
    return {"name": "envoy.access_loggers.stdout", "typed_config": {
        "@type": TYPE + "extensions.access_loggers.stream.v3.StdoutAccessLog",
        "log_format": {"text_format_source": {"inline_string": line}},
    }}


def _health_check_filter() -> Json:
    """Answers the edges' health checks in the gateway itself; such requests are not traced."""
    return {"name": "envoy.filters.http.health_check", "typed_config": {
        "@type": TYPE + "extensions.filters.http.health_check.v3.HealthCheck",
        "pass_through_mode": False,
        "headers": [{"name": ":path", "string_match": {"exact": "/healthz"}}],
    }}


def _routes_of(one: Service, cluster: str) -> list[Json]:
    """A route for each endpoint of a service; its spans are named after the endpoint."""
    routes: list[Json] = []
    for endpoint in one.endpoints:
        routes.append({
            "name": endpoint.operation,
            "match": {
                "safe_regex": {"regex": endpoint.pattern},
                "headers": [{"name": ":method", "string_match": {"exact": endpoint.method}}],
            },
            "route": {"cluster": cluster, "timeout": "30s"},
            "tracing": {
                **_always(),
                "operation": endpoint.operation,
                "upstream_operation": endpoint.operation,
            },
        })
    routes.append({"match": {"prefix": "/"}, "direct_response": {
        "status": 404, "body": {"inline_string": f"{one.name} has no such page\n"}}})
    return routes


def _always() -> Json:
    """A route's tracing replaces its listener's sampling, so it has to say the same again."""
    return {
        "client_sampling": {"numerator": 0},
        "random_sampling": {"numerator": 100},
        "overall_sampling": {"numerator": 100},
    }


def _listener(name: str, port: int, manager: Json, direction: str = "UNSPECIFIED") -> Json:
    return {
        "name": name,
        "address": _address(port),
        "traffic_direction": direction,
        # With it a second Envoy could bind the same port, and each would get half of the requests.
        "enable_reuse_port": False,
        "filter_chains": [{"filters": [{
            "name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}],
    }


def _core_cluster(site: Edge) -> Json:
    """The gateways as an edge sees them: the nearest first, the next when that one is ill."""
    localities = []
    for priority, name in enumerate(site.cores):
        location = next(c for c in CORES if c.name == name)
        endpoint = {
            "endpoint": {"address": _address(ports.gateway(location))},
            "metadata": {"filter_metadata": {"clew": {
                "core_location": location.name, "datacenter": location.datacenter}}},
        }
        localities.append({
            "locality": {"region": location.name, "zone": location.datacenter},
            "priority": priority,
            "lb_endpoints": [endpoint],
        })
    cluster = _cluster("core", [])
    cluster["load_assignment"]["endpoints"] = localities
    cluster["common_lb_config"] = {"healthy_panic_threshold": {"value": 0}}
    cluster["health_checks"] = [{
        # Patient enough for a machine that is busy with something else.
        "timeout": "2s", "interval": "1s", "unhealthy_threshold": 3, "healthy_threshold": 1,
        "http_health_check": {"path": "/healthz"},
    }]
    # Only what says that the gateway itself is in trouble: an application's 500 is no reason to
    # leave the nearest core location.
    cluster["outlier_detection"] = {
        "consecutive_gateway_failure": 5, "enforcing_consecutive_gateway_failure": 100,
        "enforcing_consecutive_5xx": 0, "enforcing_success_rate": 0,
        "base_ejection_time": "5s", "max_ejection_percent": 100,
    }
    return cluster


def _other_core_retry() -> Json:
    """A gateway that cannot be reached costs the client nothing: the next core location answers."""
    return {
        "retry_on": "connect-failure",
        "num_retries": 1,
        "retry_priority": {"name": "envoy.retry_priorities.previous_priorities", "typed_config": {
            "@type": TYPE + "extensions.retry.priority.previous_priorities.v3"
                            ".PreviousPrioritiesConfig",
            "update_frequency": 1,
        }},
    }


def _cluster(name: str, backends: list[int]) -> Json:
    """A cluster of loopback ports over HTTP/1.1."""
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": _protocol({"http_protocol_options": {}}),
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [
            {"endpoint": {"address": _address(port)}} for port in backends]}]},
    }


def _collector(site: Site, tracer: str) -> Json:
    """The agent of the site, at the port that fits the tracer."""
    port = {"otlp-grpc": ports.agent_otlp_grpc, "otlp-http": ports.agent_otlp_http,
            "zipkin": ports.agent_zipkin}[tracer](site)
    cluster = _cluster(COLLECTOR, [port])
    if tracer == "otlp-grpc":
        cluster["typed_extension_protocol_options"] = _protocol({"http2_protocol_options": {}})
    return cluster


def _protocol(explicit: Json) -> Json:
    return {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": TYPE + "extensions.upstreams.http.v3.HttpProtocolOptions",
        "common_http_protocol_options": {"idle_timeout": IDLE_TIMEOUT},
        "explicit_http_config": explicit,
    }}


def _address(port: int) -> Json:
    return {"socket_address": {"address": HOST, "port_value": port}}


def _bootstrap(envoy_service: str, node: str, admin_port: int, listeners: list[Json],
               clusters: list[Json]) -> Json:
    return {
        "node": {"id": node, "cluster": envoy_service},  # Zipkin spans get their service from here
        "admin": {"address": _address(admin_port)},
        "layered_runtime": {"layers": [{"name": "demo", "static_layer": flush_runtime()}]},
        "static_resources": {"listeners": listeners, "clusters": clusters},
    }
