#!/usr/bin/env python3
"""Do three agents and an OpenTelemetry Collector keep the same traces?

The same spans go to four servers with the same seed and percentage, in each mode that the
Collector's probabilistic sampler has, and each sends what it keeps to a server of its own. Some
spans have a tracestate with a threshold and randomness, some a sampling.priority. What is compared
is every ID and every tracestate of what arrived, but for the order of the fields in `ot=`, which
means nothing. It ends with 1 if anything differs.

--record writes what the Collector kept to a file; --golden compares with such a file where there is
no Collector."""

from __future__ import annotations

import argparse
import hashlib
import json
import pathlib
import random
import sys
import tempfile
import time
from concurrent import futures
from dataclasses import dataclass, field

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "lib"))

import grpc
import peers
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service
from process import BINARY, Process, free_ports

SEED = 22
SPANS_PER_REQUEST = 2_000
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@dataclass(frozen=True)
class Case:
    mode: str
    percentage: float
    tracestate: bool = False  # on some of the spans
    priority: bool = False  # likewise
    fail_closed: bool = True

    def __str__(self) -> str:
        parts = [self.mode, f"{self.percentage:g} %"]
        parts += ["tracestate"] if self.tracestate else []
        parts += ["sampling.priority"] if self.priority else []
        return ", ".join(parts + ([] if self.fail_closed else ["fail open"]))


LARGE = [Case("hash_seed", 1), Case("proportional", 10), Case("equalizing", 10)]
SMALL = [
    *(Case("hash_seed", percentage) for percentage in (0.01, 12.5, 50, 99.9)),
    *(Case(mode, percentage, tracestate=True)
      for mode in ("proportional", "equalizing") for percentage in (1, 25, 60)),
    Case("hash_seed", 25, priority=True),
    Case("equalizing", 25, tracestate=True, priority=True),
    Case("equalizing", 25, tracestate=True, fail_closed=False),
    Case("proportional", 25, tracestate=True, fail_closed=False),
]


def in_order(tracestate: str) -> str:
    """The same with the fields of OpenTelemetry's member sorted."""
    members = tracestate.split(",")
    return ",".join("ot=" + ";".join(sorted(member[3:].split(";")))
                    if member.startswith("ot=") else member for member in members)


@dataclass
class Sink:
    """Keeps each span it is sent: its ID and tracestate."""

    kept: dict[bytes, str] = field(default_factory=dict)
    twice: int = 0

    def __post_init__(self) -> None:
        self.server = grpc.server(futures.ThreadPoolExecutor(2), options=[
            ("grpc.max_receive_message_length", 64 << 20)])
        handler = grpc.unary_unary_rpc_method_handler(self._export)
        name, method = EXPORT[1:].split("/")
        self.server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(name, {method: handler}),))
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def _export(self, body: bytes, _context: object) -> bytes:
        for group in service.ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in group.scope_spans:
                for span in scope.spans:
                    self.twice += span.trace_id in self.kept
                    self.kept[span.trace_id] = in_order(span.trace_state)
        return b""


def tracestate_of(generator: random.Random) -> str:
    """What samples, and other things, before us may have written."""
    kinds = ("", "", "ot=rv:{rv}", "ot=th:{th}", "ot=th:{th};rv:{rv}", "vendor=1,ot=rv:{rv};p:8",
             "ot=th:xyz", "vendor=2")
    values = {"rv": f"{generator.getrandbits(56):014x}",
              "th": generator.choice(["0", "8", "c", "fd", "e66",
                                      f"{generator.getrandbits(20):05x}"])}
    return generator.choice(kinds).format(**values)


def requests_of(case: Case, spans: int):
    """The same for the same case, whoever asks."""
    generator = random.Random(str(case))
    for begin in range(0, spans, SPANS_PER_REQUEST):
        export = service.ExportTraceServiceRequest()
        scope = export.resource_spans.add().scope_spans.add()
        for _ in range(min(SPANS_PER_REQUEST, spans - begin)):
            span = scope.spans.add(trace_id=generator.randbytes(16),
                                   span_id=generator.randbytes(8), name="s")
            if case.tracestate:
                span.trace_state = tracestate_of(generator)
            if case.priority and generator.random() < 0.1:
                attribute = span.attributes.add(key="sampling.priority")
                attribute.value.int_value = generator.choice([0, 1, 2])
        yield export.SerializeToString()


def clew(case: Case, number: int, sink: Sink, directory: pathlib.Path) -> Process:
    """Agents that differ in what must not matter: queue, batches, threads."""
    port, status = free_ports(2)
    own = [{}, {"directory": str(directory / "queue")}, {"batch_bytes": 4096, "num_consumers": 1}]
    config = {
        "http": f"127.0.0.1:{status}", "normalize": False, "log": {"level": "error"},
        "receivers": {"otlp": {"grpc": f"127.0.0.1:{port}", "http": "off"},
                      "zipkin": {"http": "off"}},
        "sampling": {"algorithm": case.mode, "percentage": case.percentage, "hash_seed": SEED,
                     "fail_closed": case.fail_closed},
        "queue": own[number],
        "memory": {"lower_rates": False},  # all must arrive, however slow this machine is
        "exporters": {"otlp": {"endpoint": f"127.0.0.1:{sink.port}"}},
    }
    file = directory / f"clew{number}.yaml"
    file.write_text(json.dumps(config))
    return Process(f"agent {number}", [str(BINARY), "agent", "--config", str(file)],
                   {"grpc": port, "status": status}, directory)


def collector(case: Case, sink: Sink, directory: pathlib.Path) -> Process:
    (port,) = free_ports(1)
    config = {
        "receivers": {"otlp": {"protocols": {"grpc": {
            "endpoint": f"127.0.0.1:{port}", "max_recv_msg_size_mib": 64}}}},
        "processors": {"probabilistic_sampler": {
            "mode": case.mode, "sampling_percentage": case.percentage, "hash_seed": SEED,
            "fail_closed": case.fail_closed}},
        "exporters": {"otlp_grpc": {"endpoint": f"127.0.0.1:{sink.port}",
                                    "tls": {"insecure": True},
                                    "sending_queue": {"block_on_overflow": True}}},
        "service": {
            "telemetry": {"metrics": {"level": "none"}, "logs": {"level": "error"}},
            "pipelines": {"traces": {"receivers": ["otlp"], "processors": ["probabilistic_sampler"],
                                     "exporters": ["otlp_grpc"]}}},
    }
    file = directory / "collector.yaml"
    file.write_text(json.dumps(config))
    return Process("Collector", [str(peers.collector()), "--config", str(file)], {"grpc": port},
                   directory)


def send_all(process: Process, case: Case, spans: int) -> None:
    options = [("grpc.max_send_message_length", 64 << 20)]
    with grpc.insecure_channel(f"127.0.0.1:{process.ports['grpc']}", options) as channel:
        export = channel.unary_unary(EXPORT)
        for body in requests_of(case, spans):
            while True:
                try:
                    export(body, timeout=60)
                    break
                except grpc.RpcError as error:
                    if error.code() != grpc.StatusCode.UNAVAILABLE:
                        raise
                    time.sleep(0.1)  # it asked for time


def kept_by(make, case: Case, spans: int) -> dict[bytes, str]:
    """What arrived behind the server that `make` makes, when it has ended and so has sent all."""
    sink = Sink()
    with tempfile.TemporaryDirectory() as name:
        with make(case, sink, pathlib.Path(name)) as process:
            send_all(process, case, spans)
    sink.server.stop(None)
    if sink.twice:
        raise SystemExit(f"{case}: {sink.twice} spans came twice")
    return sink.kept


def digest_of(kept: dict[bytes, str]) -> str:
    """What was kept, in a line."""
    lines = "\n".join(f"{i.hex()} {state}" for i, state in sorted(kept.items()))
    return f"{len(kept)} {hashlib.sha256(lines.encode()).hexdigest()}"


def kept_by_agents(case: Case, spans: int) -> list[dict[bytes, str]]:
    return [kept_by(lambda case, sink, directory, number=number:
                    clew(case, number, sink, directory), case, spans)
            for number in range(3)]


def agrees_with(golden: str, case: Case, spans: int) -> bool:
    digests = [digest_of(kept) for kept in kept_by_agents(case, spans)]
    equal = all(digest == golden for digest in digests)
    print(f"{str(case):55} {'equal' if equal else f'DIFFERENT: {digests}, expected {golden}'}")
    return equal


def compare(case: Case, spans: int) -> bool:
    reference = kept_by(collector, case, spans)
    differences = []
    for number, kept in enumerate(kept_by_agents(case, spans)):
        more, fewer = kept.keys() - reference.keys(), reference.keys() - kept.keys()
        states = [i for i in kept.keys() & reference.keys() if kept[i] != reference[i]]
        if more or fewer or states:
            differences.append(f"agent {number}: {len(more)} more, {len(fewer)} fewer, "
                               f"{len(states)} with another tracestate")
            for i in list(more)[:2] + list(fewer)[:2] + states[:3]:
                differences.append(f"  {i.hex()}: agent {kept.get(i)!r}, Collector "
                                   f"{reference.get(i)!r}")
    verdict = "equal" if not differences else "DIFFERENT"
    print(f"{str(case):55} {spans:>10,} IDs {len(reference):>9,} kept  {verdict}", flush=True)
    for line in differences:
        print(f"    {line}")
    return not differences


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ids", type=int, default=1_000_000, help="in the three plain modes")
    parser.add_argument("--small", type=int, default=50_000, help="in each of the other cases")
    parser.add_argument("--record", type=pathlib.Path)
    parser.add_argument("--golden", type=pathlib.Path)
    options = parser.parse_args()
    cases = [(case, options.ids) for case in LARGE] + [(case, options.small) for case in SMALL]
    if options.golden:
        golden = json.loads(options.golden.read_text())
        results = [agrees_with(golden["kept"][str(case)], case, golden["spans"])
                   for case, _ in cases]
        return 0 if all(results) else 1
    if not peers.collector():
        print("there is no Collector to compare with", file=sys.stderr)
        return 2
    if options.record:
        kept = {str(case): digest_of(kept_by(collector, case, options.small)) for case, _ in cases}
        golden = {"collector": peers.COLLECTOR, "spans": options.small, "kept": kept}
        options.record.write_text(json.dumps(golden, indent=1) + "\n")
        return 0
    results = [compare(case, spans) for case, spans in cases if spans]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
