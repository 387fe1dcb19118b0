"""A real Envoy before a server that is not there: each request becomes spans and a log record."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys
import time

import requests

from clew import free_port

TYPE = "type.googleapis.com/envoy."
ENVOY = pathlib.Path(sys.executable).parent / "envoy"


def _cluster(name: str, port: int, http2: bool) -> dict:
    protocol = {"http2_protocol_options": {}} if http2 else {"http_protocol_options": {}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [{
            "endpoint": {"address": _address(port)}}]}]},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": TYPE + "extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": protocol,
            }
        },
    }  # fmt: skip


def _address(port: int) -> dict:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _to_agent() -> dict:
    return {"envoy_grpc": {"cluster_name": "agent"}, "timeout": "5s"}


def _manager() -> dict:
    return {
        "@type": TYPE + "extensions.filters.network.http_connection_manager.v3"
                        ".HttpConnectionManager",
        "stat_prefix": "edge",
        "tracing": {
            "spawn_upstream_span": True,
            "provider": {"name": "envoy.tracers.opentelemetry", "typed_config": {
                "@type": TYPE + "config.trace.v3.OpenTelemetryConfig",
                "service_name": "edge", "grpc_service": _to_agent()}},
        },
        "access_log": [{"name": "envoy.access_loggers.open_telemetry", "typed_config": {
            "@type": TYPE + "extensions.access_loggers.open_telemetry.v3"
                            ".OpenTelemetryAccessLogConfig",
            "common_config": {"log_name": "requests", "transport_api_version": "V3",
                              "buffer_flush_interval": "0.2s", "grpc_service": _to_agent()},
            "body": {"string_value": "%REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE%"},
            "attributes": {"values": [
                {"key": "response.flags", "value": {"string_value": "%RESPONSE_FLAGS%"}}]},
        }}],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
            {"match": {"prefix": "/hello"}, "direct_response": {"status": 200}},
            {"match": {"prefix": "/"}, "route": {"cluster": "app"}},
        ]}]},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {
            "@type": TYPE + "extensions.filters.http.router.v3.Router"}}],
    }  # fmt: skip


class Envoy:
    """Sends its spans and access logs to an agent's OTLP/gRPC port. The cluster behind the path
    /hello is itself, that behind all others is away."""

    def __init__(self, directory: pathlib.Path, agent_port: int):
        self.port, self.admin, away = free_port(), free_port(), free_port()
        self.log = directory / "envoy.log"
        self.config = directory / "envoy.json"
        self.config.write_text(json.dumps({
            "admin": {"address": _address(self.admin)},
            "layered_runtime": {"layers": [{"name": "static", "static_layer": {
                "tracing.opentelemetry.flush_interval_ms": 200}}]},
            "static_resources": {
                "listeners": [{"name": "clients", "address": _address(self.port), "filter_chains": [
                    {"filters": [{"name": "envoy.filters.network.http_connection_manager",
                                  "typed_config": _manager()}]}]}],
                "clusters": [_cluster("agent", agent_port, http2=True),
                             _cluster("app", away, http2=False)],
            },
        }))  # fmt: skip

    def __enter__(self) -> Envoy:
        envoy = shutil.which("envoy", path=str(ENVOY.parent)) or "envoy"
        command = [envoy, "-c", str(self.config), "--use-dynamic-base-id", "--concurrency", "1"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while not self._is_ready():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        return self

    def __exit__(self, *_) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)

    def _is_ready(self) -> bool:
        try:
            url = f"http://127.0.0.1:{self.admin}/ready"
            return requests.get(url, timeout=2).status_code == 200
        except requests.ConnectionError:  # not listening yet
            return False

    def get(self, path: str, **headers: str) -> int:
        url = f"http://127.0.0.1:{self.port}{path}"
        return requests.get(url, headers=headers, timeout=10).status_code
