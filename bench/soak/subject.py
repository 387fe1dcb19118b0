"""The agent of long runs: everything on that costs memory, its queue on disk."""

from __future__ import annotations

import json
import pathlib

from agent_process import Agent
from process import BINARY, free_ports

PROTOCOLS = ("http", "grpc", "zipkin", "jaeger_grpc")  # as `clew load` names them


def at(port: int) -> str:
    return f"127.0.0.1:{port}"


def config_of(ports: dict[str, int], sink: int, queue: pathlib.Path, queue_bytes: int,
              lower_rates: bool) -> dict:
    return {
        "log": {"level": "warn"},
        "http": at(ports["status"]),
        "place": {"datacenter": "fra1", "core_location": "fra"},
        "receivers": {
            "otlp": {"grpc": at(ports["grpc"]), "http": at(ports["http"])},
            "zipkin": {"http": at(ports["zipkin"])},
            "jaeger": {"grpc": at(ports["jaeger_grpc"])},
        },
        "queue": {"directory": str(queue), "max_bytes": queue_bytes},
        "memory": {"lower_rates": lower_rates},
        "span_metrics": {"dimensions": [{"name": "datacenter"}]},
        "service_graph": {},
        "exporters": {"otlp": {"endpoint": at(sink)}},
    }


def agent_to(sink: int, directory: pathlib.Path, queue_bytes: int = 4 << 30,
             lower_rates: bool = True) -> Agent:
    """Exports to that port by OTLP/gRPC; `directory` gets its configuration and its queue. Without
    `lower_rates` nothing is given up to save memory, for loads that are as fast as they can be."""
    names = (*PROTOCOLS, "status")
    ports = dict(zip(names, free_ports(len(names))))
    file = directory / "agent.yaml"
    queue = directory / "queue"
    file.write_text(json.dumps(config_of(ports, sink, queue, queue_bytes, lower_rates), indent=1))
    return Agent("clew agent", [str(BINARY), "agent", "--config", str(file)], ports, queue,
                 ready_path="/ready")


def queued_bytes(agent: Agent) -> float:
    return agent.metric("clew_exporter_queue_size_bytes")
