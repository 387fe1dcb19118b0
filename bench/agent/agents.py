"""The agents that are measured, each configured to do the same."""

from __future__ import annotations

import json
import pathlib
import subprocess

import peers
from agent_process import Agent
from process import BINARY, free_ports
from scenarios import Scenario

HASH_SEED = 22
PERCENTAGE = 1
DIMENSION = "datacenter"  # of the span metrics, beside service, operation, kind and status


class CannotRun(Exception):
    """Why this server has no figure for a scenario."""


def largest_socket_buffer() -> int:
    return int(pathlib.Path("/proc/sys/net/core/rmem_max").read_text())


def at(port: int) -> str:
    return f"127.0.0.1:{port}"


def clew_config(scenario: Scenario, ports: dict[str, int], sink: int, udp: int, status: int,
                directory: pathlib.Path) -> dict:
    config = {
        "log": {"level": "warn"},
        "http": at(status),
        "normalize": scenario.edited,  # the collector does not
        "receivers": {
            "otlp": {"grpc": at(ports["grpc"]), "http": at(ports["http"])},
            "zipkin": {"http": at(ports["zipkin"])},
        },
        "exporters": {"otlp": {"endpoint": at(sink)}} if scenario.out == "grpc" else
                     {"otlphttp": {"endpoint": f"http://{at(sink)}"}},
    }
    if scenario.edited:
        config["place"] = {"datacenter": "fra1", "core_location": "fra"}
    if scenario.protocol == "jaeger_udp":
        config["receivers"]["jaeger"] = {"thrift_compact": at(udp)}
    if scenario.sampled:
        config["sampling"] = {"percentage": PERCENTAGE, "algorithm": "hash_seed",
                              "hash_seed": HASH_SEED}
    if scenario.persistent:
        config["queue"] = {"directory": str(directory / "queue")}
    if scenario.span_metrics:
        config["span_metrics"] = {"dimensions": [{"name": DIMENSION}]}
    return config


def collector_config(scenario: Scenario, ports: dict[str, int], sink: int, udp: int, status: int,
                     directory: pathlib.Path) -> dict:
    """Batches of its usual size, so that its exports are as cheap as it can make them."""
    receiver = {"jaeger_udp": "jaeger", "zipkin": "zipkin"}.get(scenario.protocol, "otlp")
    exporter = "otlp_grpc" if scenario.out == "grpc" else "otlp_http"
    endpoint = at(sink) if scenario.out == "grpc" else f"http://{at(sink)}"
    config = {
        "receivers": {
            "otlp": {"protocols": {"grpc": {"endpoint": at(ports["grpc"])},
                                   "http": {"endpoint": at(ports["http"])}}},
            "zipkin": {"endpoint": at(ports["zipkin"])},
            # As large as the system allows, which clew asks for by itself.
            "jaeger": {"protocols": {"thrift_compact": {
                "endpoint": at(udp), "socket_buffer_size": largest_socket_buffer()}}},
        },
        "processors": {"batch": {}},
        "exporters": {exporter: {"endpoint": endpoint, "compression": "none",
                                 "tls": {"insecure": True}, "sending_queue": {}}},
        "service": {
            "telemetry": {"metrics": {"level": "none"}, "logs": {"level": "warn"}},
            "pipelines": {"traces": {"receivers": [receiver], "processors": ["batch"],
                                     "exporters": [exporter]}},
        },
    }
    traces = config["service"]["pipelines"]["traces"]
    if receiver != "otlp":  # it starts all that are in a pipeline, and they must listen
        config["service"]["pipelines"]["traces/otlp"] = {
            "receivers": ["otlp"], "exporters": [exporter]}
    if receiver != "zipkin":
        config["service"]["pipelines"]["traces/zipkin"] = {
            "receivers": ["zipkin"], "exporters": [exporter]}
    if scenario.sampled:
        config["processors"]["probabilistic_sampler"] = {
            "sampling_percentage": PERCENTAGE, "hash_seed": HASH_SEED, "mode": "hash_seed"}
        traces["processors"] = ["probabilistic_sampler", "batch"]
    if scenario.persistent:
        config["extensions"] = {"file_storage": {
            "directory": str(directory / "queue"), "create_directory": True, "fsync": True}}
        config["exporters"][exporter]["sending_queue"] = {"storage": "file_storage"}
        config["service"]["extensions"] = ["file_storage"]
    if scenario.span_metrics:
        config["connectors"] = {"span_metrics": {"dimensions": [{"name": DIMENSION}]}}
        config["exporters"]["prometheus"] = {"endpoint": at(status)}
        traces["exporters"] = [exporter, "span_metrics"]
        config["service"]["pipelines"]["metrics"] = {
            "receivers": ["span_metrics"], "exporters": ["prometheus"]}
    return config


def _write(config: dict, directory: pathlib.Path, name: str) -> pathlib.Path:
    file = directory / name
    file.write_text(json.dumps(config, indent=1))  # JSON is YAML
    return file


def _ports() -> tuple[dict[str, int], int, int]:
    grpc, http, zipkin, udp, status = free_ports(5)
    return {"grpc": grpc, "http": http, "zipkin": zipkin}, udp, status


def clew(scenario: Scenario, sink: int, directory: pathlib.Path) -> Agent:
    """`clew agent`. Raises CannotRun with what it says of its configuration."""
    ports, udp, status = _ports()
    file = _write(clew_config(scenario, ports, sink, udp, status, directory), directory,
                  "clew.yaml")
    checked = subprocess.run([str(BINARY), "config", "check", "--role", "agent", str(file)],
                             capture_output=True, text=True)
    if checked.returncode != 0:
        raise CannotRun(" ".join(checked.stderr.replace(f"clew config check: {file}:", "line ")
                                 .split()))
    return Agent("clew agent", [str(BINARY), "agent", "--config", str(file)],
                 ports | {"status": status}, directory, ready_path="/ready", udp_port=udp)


def collector(scenario: Scenario, sink: int, directory: pathlib.Path) -> Agent | None:
    """The OpenTelemetry Collector; None if it cannot be had, or does nothing comparable."""
    binary = None if scenario.edited else peers.collector()
    if not binary:
        return None
    ports, udp, status = _ports()
    file = _write(collector_config(scenario, ports, sink, udp, status, directory), directory,
                  "collector.yaml")
    return Agent(f"Collector {peers.COLLECTOR}", [str(binary), "--config", str(file)], ports,
                 directory, udp_port=udp)
