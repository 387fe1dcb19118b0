"""What an agent is measured at: the ways through it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """One way through an agent, the same for every server."""

    name: str
    what: str
    protocol: str  # in, as `clew load` names it
    out: str  # the protocol of OTLP that everything leaves by: grpc or http
    bar: float | None  # how many times clew's CPU time the collector's shall be
    sampled: bool = False  # 1 % of the traces are kept
    persistent: bool = False  # the queue is on disk, with fsync
    span_metrics: bool = False
    edited: bool = False  # Envoy's spans normalized, the place stamped: what clew alone does
    paced: bool = False  # sent at a fixed rate: UDP does not hold a sender back


def _both(name: str, what: str, bar: float, **more: bool) -> list[Scenario]:
    """Over either transport of OTLP, in and out."""
    return [Scenario(f"{name}-{transport}", f"OTLP/{label} → {what}", transport, transport, bar,
                     **more)
            for transport, label in (("http", "HTTP"), ("grpc", "gRPC"))]


SCENARIOS = [
    *_both("sample", "1 % hash_seed → out", 8, sampled=True),
    *_both("forward", "all out, queue in memory", 6),
    *_both("persist", "all out, queue on disk with fsync", 6, persistent=True),
    *_both("metrics", "span metrics of all, all out", 8, span_metrics=True),
    Scenario("edit", "OTLP/gRPC → normalized, placed, all out", "grpc", "grpc", None, edited=True),
    Scenario("zipkin", "Zipkin v2 JSON → all out", "zipkin", "grpc", 8),
    Scenario("jaeger", "Jaeger compact, UDP → all out", "jaeger_udp", "grpc", 5, paced=True),
]
PLAIN = next(one for one in SCENARIOS if one.name == "forward-grpc")
IDLE = "idle"  # no load at all: what the process takes to be there
NAMES = [*(scenario.name for scenario in SCENARIOS), IDLE]


def chosen(names: list[str]) -> list[str]:
    """The names that are meant: `sample` is both sample-http and sample-grpc. Raises ValueError for
    one that names nothing."""
    found = []
    for name in names:
        matches = [one for one in NAMES if one == name or one.startswith(f"{name}-")]
        if not matches:
            raise ValueError(f"no such row: {name}; there are {', '.join(NAMES)}")
        found += [one for one in matches if one not in found]
    return found
