"""From acknowledgement to visible in search, and from kill -9 to serving again."""

from __future__ import annotations

import json
import pathlib
import subprocess
import time
import uuid

from client import Client
from dialects import SPOKEN, Question
from generator import load_command
from load import parse_sample
from queries import missing_spans
from servers import Server
from tables import times_of

VISIBLE_TIMEOUT_S = 60
POLL_S = 0.001
LOG_POLL_S = 0.02
FULL = 0.9  # of the largest log seen


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field; `content` is shorter than 16 KiB."""
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
    return bytes([number << 3 | 2]) + length + content


def _time(number: int, ns: int) -> bytes:
    """A fixed64 protobuf field."""
    return bytes([number << 3 | 1]) + ns.to_bytes(8, "little")


def _attribute(key: str, value: str) -> bytes:
    return _field(1, key.encode()) + _field(2, _field(1, value.encode()))


def otlp_request(service: str, key: str, value: str, now_ns: int) -> bytes:
    """An ExportTraceServiceRequest of one span with one attribute, a millisecond long."""
    span = b"".join((_field(1, uuid.uuid4().bytes), _field(2, uuid.uuid4().bytes[:8]),
                     _field(5, b"visible"), _time(7, now_ns - 1_000_000), _time(8, now_ns),
                     _field(9, _attribute(key, value))))
    resource = _field(1, _field(1, _attribute("service.name", service)))
    return _field(1, resource + _field(2, _field(2, span)))


def zipkin_request(service: str, key: str, value: str, now_ns: int) -> bytes:
    """The same as Zipkin v2 JSON."""
    span = {"traceId": uuid.uuid4().hex, "id": uuid.uuid4().hex[:16], "name": "visible",
            "timestamp": now_ns // 1000 - 1000, "duration": 1000,
            "localEndpoint": {"serviceName": service}, "tags": {key: value}}
    return json.dumps([span]).encode()


def measure_visible(server: Server, runs: int, most_seconds: float) -> dict:
    """Sends one span after the other and polls search from its acknowledgement until it is
    found: the times from the one to the other."""
    dialect = SPOKEN[server.dialect][0]
    zipkin = server.dialect == "zipkin"
    sender = Client(server.ports["zipkin" if zipkin else "http"])
    asker = Client(server.ports["query"])
    times, never = [], 0
    ends = time.monotonic() + most_seconds
    while len(times) + never < runs and time.monotonic() < ends:
        value, now_ns = uuid.uuid4().hex, time.time_ns()
        make = zipkin_request if zipkin else otlp_request
        answer = sender.post("/api/v2/spans" if zipkin else "/v1/traces",
                             make("bench-visible", "bench.id", value, now_ns),
                             "application/json" if zipkin else "application/x-protobuf")
        if answer.status not in (200, 202):
            raise RuntimeError(f"{server.name} refused a span: HTTP {answer.status}")
        acknowledged = time.perf_counter()
        path = dialect.search(Question(now_ns // 1000 - 60_000_000, now_ns // 1000 + 60_000_000,
                                       service="bench-visible", tags={"bench.id": value}))
        while True:
            found = asker.get(path)
            waited = time.perf_counter() - acknowledged
            if found.status == 200 and dialect.read_search(found.body)[0] > 0:
                times.append(waited * 1e3)
                break
            if waited > VISIBLE_TIMEOUT_S:
                never += 1
                break
            time.sleep(POLL_S)
    sender.close()
    asker.close()
    return {"server": server.name, "runs": len(times), "never": never, **times_of(times)}


def start_load(server: Server, spans: int, seed: int, sample: pathlib.Path) -> subprocess.Popen:
    command = load_command(server.ports["http"], "http", spans, seed, "--trace-ids", str(sample),
                           "--stop-at-refusal")
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def kill_when_log_is_full(server: Server, loader: subprocess.Popen, largest: int) -> int:
    """Kills the server while it takes spans, its log about as large as it was at most; at the
    latest when all are sent. The size of the log then."""
    before = server.log_bytes()
    moved = False  # the log has changed, so spans of this load are in it
    while loader.poll() is None:
        log = server.log_bytes()
        moved = moved or abs(log - before) > (1 - FULL) * largest
        if moved and log >= FULL * largest:
            break
        time.sleep(LOG_POLL_S)
    log = server.log_bytes()
    server.kill()
    loader.wait()
    return log


def measure_restart(server: Server, spans: int, directory: pathlib.Path) -> dict:
    """Loads `spans`, then once more, kills the server with signal 9 in the midst of that with its
    log full, and starts it again. The traces sampled from both loads must have every span that was
    acknowledged."""
    samples = [directory / "traces-before", directory / "traces-while"]
    loader = start_load(server, spans, 11, samples[0])
    largest = 0
    while loader.poll() is None:
        largest = max(largest, server.log_bytes())
        time.sleep(LOG_POLL_S)
    log = kill_when_log_is_full(server, start_load(server, spans, 12, samples[1]), largest)
    began = time.monotonic()
    server.start()
    seconds = time.monotonic() - began
    before, during = (parse_sample(sample.read_text()) for sample in samples)
    return {
        "server": server.name,
        "log_mib": log / 2**20,
        "seconds_to_ready": seconds,
        "replayed_spans": server.spans_in_log_only(),
        "spans_checked_before": sum(before.values()),
        "spans_checked_while": sum(during.values()),
        "missing_spans": missing_spans(server, before | during) if before and during else None,
    }
