"""The tracing part of the Envoys' configuration: tags, tracers, and what an edge forgets."""

from __future__ import annotations

from typing import Any

import ports
from topology import HOST, Site

Json = dict[str, Any]

TYPE = "type.googleapis.com/envoy."
COLLECTOR = "clew_agent"  # the cluster of the agent of the place

# What an outsider could hand in to join a trace, to switch tracing off, or to break it. The edge
# forgets all of it before it starts its own span; headers_to_remove of a route would be too late.
FOREIGN_TRACE_HEADERS = (
    "traceparent", "tracestate", "baggage", "b3", "uber-trace-id", "sw8", "x-client-trace-id",
    "x-amzn-trace-id", "x-cloud-trace-context", "x-request-id", "x-trace-id",
)
FOREIGN_TRACE_PREFIXES = ("x-b3-", "x-datadog-", "uberctx-", "ot-", "x-mesh-")

# Envoy's own defaults are 5 spans and 5 s: an export request for every few HTTP requests.
FLUSH_SPANS = 512
FLUSH_INTERVAL_MS = 1000
SPAN_CACHE = 8192

MAX_URL_LENGTH = 2048


def tracing(site: Site, envoy_service: str, node: str, spans_upstream: bool, tags: list[Json],
            tracer: str) -> Json:
    """Tracing of every request; the edge alone decides, later hops follow its sampled flag."""
    return {
        "client_sampling": {"value": 0},
        "random_sampling": {"value": 100},
        "overall_sampling": {"value": 100},
        "verbose": True,  # the times of the first and last bytes, as span events
        "spawn_upstream_span": spans_upstream,
        "max_path_tag_length": MAX_URL_LENGTH,
        "custom_tags": [
            literal("node", node),
            literal("datacenter", site.datacenter),
            # The edge sees the client itself; behind it this is the last of x-forwarded-for.
            formatted("client.address", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
            formatted("url.full",
                      "%REQ(:SCHEME)%://%REQ(:AUTHORITY)%%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"),
            *tags,
        ],
        "provider": _provider(site, envoy_service, node, tracer),
    }


def _provider(site: Site, envoy_service: str, node: str, tracer: str) -> Json:
    if tracer == "zipkin":
        return {"name": "envoy.tracers.zipkin", "typed_config": {
            "@type": TYPE + "config.trace.v3.ZipkinConfig",
            "collector_cluster": COLLECTOR,
            "collector_endpoint": "/api/v2/spans",
            "collector_endpoint_version": "HTTP_JSON",
            "trace_id_128bit": True,
            # A server span of its own, as OpenTelemetry has it, not one shared with the caller.
            "shared_span_context": False,
            # The hops before and behind speak W3C; with B3 alone the trace would break in two.
            "trace_context_option": "USE_B3_WITH_W3C_PROPAGATION",
        }}
    config: Json = {
        "@type": TYPE + "config.trace.v3.OpenTelemetryConfig",
        "service_name": envoy_service,
        "max_cache_size": SPAN_CACHE,
        "resource_detectors": [{
            "name": "envoy.tracers.opentelemetry.resource_detectors.static_config",
            "typed_config": {
                "@type": TYPE + "extensions.tracers.opentelemetry.resource_detectors.v3"
                                ".StaticConfigResourceDetectorConfig",
                "attributes": {"service.instance.id": node},
            },
        }],
    }
    if tracer == "otlp-http":
        config["http_service"] = {"http_uri": {
            "uri": f"http://{HOST}:{ports.agent_otlp_http(site)}/v1/traces",
            "cluster": COLLECTOR, "timeout": "5s",
        }}
    else:
        config["grpc_service"] = {"envoy_grpc": {"cluster_name": COLLECTOR}, "timeout": "5s"}
    return {"name": "envoy.tracers.opentelemetry", "typed_config": config}


def literal(tag: str, value: str) -> Json:
    """A tag that always has this value."""
    return {"tag": tag, "literal": {"value": value}}


def formatted(tag: str, value: str) -> Json:
    """A tag whose value is a format string, as in access logs."""
    return {"tag": tag, "value": value}


def endpoint_tag(tag: str, key: str, default: str) -> Json:
    """A tag from the metadata of the endpoint the request was sent to."""
    return {"tag": tag, "metadata": {
        "kind": {"host": {}},
        "metadata_key": {"key": "clew", "path": [{"key": key}]},
        "default_value": default,
    }}


def forget_foreign_traces() -> Json:
    """The edge's first deed with a request, before the tracer looks at it."""
    mutations: list[Json] = [{"remove": header} for header in FOREIGN_TRACE_HEADERS]
    mutations += [{"remove_on_match": {"key_matcher": {"prefix": prefix}}}
                  for prefix in FOREIGN_TRACE_PREFIXES]
    return {"name": "envoy.http.early_header_mutation.header_mutation", "typed_config": {
        "@type": TYPE + "extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
        "mutations": mutations,
    }}


def flush_runtime() -> Json:
    """The runtime values that make the tracers send more than a few spans at a time."""
    runtime: Json = {}
    for tracer in ("opentelemetry", "zipkin"):
        runtime[f"tracing.{tracer}.min_flush_spans"] = FLUSH_SPANS
        runtime[f"tracing.{tracer}.flush_interval_ms"] = FLUSH_INTERVAL_MS
    return runtime
