#!/usr/bin/env python3
"""Do an OpenTelemetry Collector and an agent understand each other?

One request of each signal, with everything the format can say, goes through both: first through
the Collector, whose exporters are the agent's clients, then through the agent, whose exporters are
the Collector's. What arrives behind them is compared with what went in, field by field. It ends
with 1 if anything differs that the format between them could have said."""

from __future__ import annotations

import argparse
import difflib
import itertools
import json
import pathlib
import sys
import tempfile
import time

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path += [str(REPO / "bench" / "lib"), str(REPO / "test")]

import grpc
import peers
from losses import LOSSES
from otlp_sink import OtlpSink
from process import BINARY, LOG, Process, free_ports
from everything import REQUESTS

SERVICES = {
    "traces": ("opentelemetry.proto.collector.trace.v1.TraceService", "spans"),
    "logs": ("opentelemetry.proto.collector.logs.v1.LogsService", "logs"),
    "metrics": ("opentelemetry.proto.collector.metrics.v1.MetricsService", "metrics"),
}
TIMEOUT_S = 5
LINES_SHOWN = 60  # of what differs
OTLP_ONLY = list(SERVICES)


def agent(exporter: dict, directory: pathlib.Path) -> Process:
    """It listens for OTLP and changes nothing of what it passes on."""
    grpc_port, http_port, zipkin, status = free_ports(4)
    config = {
        "http": f"127.0.0.1:{status}", "normalize": False,
        "receivers": {"otlp": {"grpc": f"127.0.0.1:{grpc_port}", "http": f"127.0.0.1:{http_port}"},
                      "zipkin": {"http": f"127.0.0.1:{zipkin}"}},
        "exporters": exporter,
    }
    file = directory / "agent.yaml"
    file.write_text(json.dumps(config))
    ports = {"grpc": grpc_port, "http": http_port, "zipkin": zipkin, "status": status}
    return Process("agent", [str(BINARY), "agent", "--config", str(file)], ports, directory)


def collector(exporter: dict, directory: pathlib.Path) -> Process:
    """It listens for OTLP, Zipkin and Jaeger. Exporters that know only spans get only those."""
    ports = dict(zip(("grpc", "http", "zipkin", "jaeger"), free_ports(4), strict=True))
    at = {name: {"endpoint": f"127.0.0.1:{port}"} for name, port in ports.items()}
    config = {
        "receivers": {"otlp": {"protocols": {"grpc": at["grpc"], "http": at["http"]}},
                      "zipkin": at["zipkin"], "jaeger": {"protocols": {"grpc": at["jaeger"]}}},
        "exporters": exporter,
        "service": {
            "telemetry": {"metrics": {"level": "none"}, "logs": {"level": "warn"}},
            "pipelines": {signal: {"receivers": ["otlp"], "exporters": list(exporter)}
                          for signal in SERVICES},
        },
    }
    config["service"]["pipelines"]["traces"]["receivers"] += ["zipkin", "jaeger"]
    file = directory / "collector.yaml"
    file.write_text(json.dumps(config))
    command = [str(peers.collector()), "--config", str(file)]
    return Process("Collector", command, ports, directory)


def to_sink(sink: OtlpSink) -> dict:
    return {"endpoint": f"127.0.0.1:{sink.port}", "tls": {"insecure": True}}


def ways_into_agent() -> dict:
    """Exporters of the Collector, by name; each for an agent's ports."""
    ways = {}
    for compression in ("none", "gzip", "zstd", "snappy"):
        ways[f"otlp_grpc, {compression}"] = lambda ports, compression=compression: {"otlp_grpc": {
            "endpoint": f"127.0.0.1:{ports['grpc']}", "tls": {"insecure": True},
            "compression": compression}}
    for encoding, compression in itertools.product(
            ("proto", "json"), ("none", "gzip", "zstd", "deflate", "zlib", "snappy")):
        ways[f"otlp_http, {encoding}, {compression}"] = (
            lambda ports, encoding=encoding, compression=compression: {"otlp_http": {
                "endpoint": f"http://127.0.0.1:{ports['http']}", "encoding": encoding,
                "compression": compression}})
    return ways


def ways_into_collector() -> dict:
    """Exporters of an agent, by name; each for a Collector's ports."""
    at = {
        "otlp": (lambda ports: f"127.0.0.1:{ports['grpc']}", ("none", "gzip")),
        "otlphttp": (lambda ports: f"http://127.0.0.1:{ports['http']}",
                     ("none", "gzip", "zstd", "deflate")),
        "zipkin": (lambda ports: f"http://127.0.0.1:{ports['zipkin']}/api/v2/spans",
                   ("none", "gzip", "zstd")),
        "jaeger": (lambda ports: f"127.0.0.1:{ports['jaeger']}", ("none", "gzip")),
    }
    return {
        f"{kind}, {compression}": lambda ports, kind=kind, endpoint=endpoint,
        compression=compression: {
            kind: {"endpoint": endpoint(ports), "compression": compression}}
        for kind, (endpoint, compressions) in at.items() for compression in compressions
    }


def send(port: int, signal: str) -> None:
    service, _ = SERVICES[signal]
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        export = channel.unary_unary(f"/{service}/Export")
        export(REQUESTS[signal]().SerializeToString(), timeout=TIMEOUT_S)


def text_of(message: object) -> list[str]:
    """Lines to compare; attributes and groups in an order of their own, which means nothing."""
    copy = type(message)()
    copy.CopyFrom(message)
    sort(copy)
    return str(copy).splitlines()


UNORDERED = {"attributes", "filtered_attributes", "metadata", "spans", "resource_spans",
             "scope_spans"}


def sort(message: object) -> None:
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for part in value if field.is_repeated else [value]:
            sort(part)
        if field.name in UNORDERED:
            ordered = sorted(value, key=lambda part: part.SerializeToString(deterministic=True))
            copies = [type(part).FromString(part.SerializeToString()) for part in ordered]
            del value[:]
            value.extend(copies)


def joined(requests: list) -> object:
    """What came in several requests, as if in one."""
    result = type(requests[0])()
    for request in requests:
        result.MergeFrom(request)
    return result


def items_in(requests: list) -> int:
    """Spans, records or metrics."""
    def below(messages: list, prefixes: tuple) -> list:
        return [part for message in messages for field, parts in message.ListFields()
                if field.name.startswith(prefixes) and field.is_repeated for part in parts]

    return len(below(below(below(requests, ("resource_",)), ("scope_",)),
                     ("spans", "log_records", "metrics")))


def through(way: str, signal: str, front: Process, sink: OtlpSink) -> bool:
    """Whether the request arrives at the sink as it should."""
    expected = REQUESTS[signal]()
    arrived = getattr(sink, SERVICES[signal][1])
    arrived.clear()
    send(front.ports["grpc"], signal)
    wanted = items_in([expected])
    try:
        sink.wait_for(lambda: arrived and items_in(arrived) >= wanted, TIMEOUT_S)
    except AssertionError:
        print(f"{way:45} {signal:8} LOST: see {LOG}", flush=True)
        return False
    got = joined(arrived)
    lossy = LOSSES.get(way.split(",")[0].split(" ")[-1])
    if lossy:
        expected = lossy(expected)
    lines = list(difflib.unified_diff(text_of(expected), text_of(got), "in", "out", lineterm="",
                                      n=2))
    print(f"{way:45} {signal:8} {'equal' if not lines else 'DIFFERENT'}", flush=True)
    print("\n".join(f"    {line}" for line in lines[:LINES_SHOWN]), end="\n" if lines else "")
    return not lines


def chosen(ways: dict, part: str) -> list:
    return [(way, exporter) for way, exporter in ways.items() if part in way]


def main() -> int:
    if not peers.collector():
        print("there is no Collector to talk to", file=sys.stderr)
        return 2
    results = []
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="a part of the names of what is to be tried")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name, OtlpSink() as sink:
        directory = pathlib.Path(name)
        with agent({"otlp": {"endpoint": f"127.0.0.1:{sink.port}"}}, directory) as behind:
            for way, exporter in chosen(ways_into_agent(), options.only):
                with collector(exporter(behind.ports), directory) as front:
                    results += [through(f"Collector's {way}", signal, front, sink)
                                for signal in SERVICES]
        with collector({"otlp_grpc": to_sink(sink)}, directory) as behind:
            for way, exporter in chosen(ways_into_collector(), options.only):
                signals = ["traces"] if way.startswith(("zipkin", "jaeger")) else OTLP_ONLY
                with agent(exporter(behind.ports), directory) as front:
                    results += [through(f"Clew's {way}", signal, front, sink)
                                for signal in signals]
    print(f"{sum(results)} of {len(results)} equal, {time.monotonic() - began:.0f} s")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
