"""Traces as Zipkin's instrumentation sends them, and odd ones."""

from __future__ import annotations

import random

FRONT = {"serviceName": "front", "ipv4": "10.0.0.1"}
BACK = {"serviceName": "back", "ipv4": "10.0.0.2", "ipv6": "2001:db8::2", "port": 8080}
DB = {"serviceName": "db", "ipv6": "2001:db8::c001", "port": 3306}
KAFKA = {"serviceName": "kafka"}
MINUTE_US = 60_000_000


def _call(now: int) -> list[dict]:
    """As Brave sends a call: both halves share an ID, then a call of what sends nothing itself."""
    return [
        {"id": "1", "kind": "SERVER", "name": "get /", "timestamp": now, "duration": 350_000,
         "localEndpoint": FRONT, "remoteEndpoint": {"ipv4": "127.0.0.1", "port": 54321},
         "tags": {"http.method": "GET", "http.path": "/"}},
        {"id": "2", "parentId": "1", "kind": "CLIENT", "name": "get", "timestamp": now + 50_000,
         "duration": 200_000, "localEndpoint": FRONT, "remoteEndpoint": BACK,
         "annotations": [{"timestamp": now + 60_000, "value": "ws"},
                         {"timestamp": now + 55_000, "value": "wr"}],
         "tags": {"http.path": "/api", "clnt/finagle.version": "6.45.0"}},
        {"id": "2", "parentId": "1", "kind": "SERVER", "name": "get /api", "shared": True,
         "timestamp": now + 100_000, "duration": 150_000, "localEndpoint": BACK},
        {"id": "3", "parentId": "2", "kind": "CLIENT", "name": "query",
         "timestamp": now + 150_000, "duration": 50_000, "localEndpoint": BACK,
         "remoteEndpoint": DB, "annotations": [{"timestamp": now + 190_000, "value": "⻩"}],
         "tags": {"error": "💩", "sql.query": "select 1"}},
    ]  # fmt: skip


def _messages(now: int) -> list[dict]:
    return [
        {"id": "1", "kind": "PRODUCER", "name": "send", "timestamp": now, "localEndpoint": FRONT,
         "remoteEndpoint": KAFKA, "tags": {"kafka.topic": "orders"}},
        {"id": "2", "parentId": "1", "kind": "CONSUMER", "name": "poll", "timestamp": now + 500,
         "duration": 7, "localEndpoint": BACK, "remoteEndpoint": KAFKA,
         "tags": {"kafka.topic": "orders", "error": ""}},
        {"id": "3", "parentId": "2", "name": "on-message", "timestamp": now + 600, "duration": 1,
         "localEndpoint": BACK},
    ]  # fmt: skip


def _otel(now: int) -> list[dict]:
    """As OpenTelemetry's exporter sends: every half has its own ID."""
    return [
        {"id": "a", "kind": "SERVER", "name": "GET /Cart", "timestamp": now, "duration": 9000,
         "localEndpoint": {"serviceName": "Front"}, "tags": {"otel.status_code": "OK",
         "otel.scope.name": "shop", "otel.scope.version": "1.2"}},
        {"id": "b", "parentId": "a", "kind": "CLIENT", "name": "GET", "timestamp": now + 1000,
         "duration": 7000, "localEndpoint": {"serviceName": "Front"},
         "tags": {"otel.status_code": "ERROR", "error": "timeout", "net.peer.name": "cart"}},
        {"id": "c", "parentId": "b", "kind": "SERVER", "name": "GET /api", "timestamp": now + 2000,
         "duration": 5000, "localEndpoint": {"serviceName": "back"}, "tags": {"error": "true"}},
    ]  # fmt: skip


def _fields(now: int) -> list[dict]:
    """What is seldom there, or empty, or named like something else."""
    return [
        {"id": "1", "timestamp": now, "duration": 5, "debug": True, "localEndpoint": FRONT,
         "name": "Mixed CASE äß", "tags": {"a": "", "b": " ", "ключ": "значение", "n": "1.50"}},
        {"id": "2", "parentId": "1", "localEndpoint": FRONT, "name": "no times"},
        {"id": "3", "parentId": "1", "localEndpoint": BACK, "name": "annotations only",
         "annotations": [{"timestamp": now + 3, "value": "b"},
                         {"timestamp": now + 2, "value": "c"},
                         {"timestamp": now + 3, "value": "a"},
                         {"timestamp": now + 3, "value": "a"}]},
        {"id": "4", "parentId": "1", "timestamp": now, "localEndpoint": {"ipv4": "10.9.9.9"}},
        {"id": "5", "parentId": "1", "timestamp": now, "remoteEndpoint": {"port": 99}},
        {"id": "6", "parentId": "6", "timestamp": now, "localEndpoint": DB},
        {"id": "7", "parentId": "1", "timestamp": now, "localEndpoint": FRONT,
         "remoteEndpoint": {"ipv4": "10.0.0.7", "port": 7},
         "tags": {"net.peer.ip": "10.1.1.1", "net.host.port": "80", "net.peer.port": "x",
                  "service.name": "s", "zipkin.shared": "true"}},
        {"id": "8", "parentId": "1", "timestamp": now, "localEndpoint": FRONT, "kind": "SERVER",
         "tags": {"span.kind": "client", "error": "false"}},
        {"id": "9", "parentId": "1", "timestamp": now + 1, "duration": 0, "localEndpoint": FRONT,
         "tags": {"w3c.tracestate": "a=b", "otel.dropped_events_count": "3"}},
        {"id": "10", "parentId": "1", "timestamp": now + 1, "localEndpoint": {"serviceName": ""},
         "name": "", "remoteEndpoint": {}},
    ]  # fmt: skip


def _late_root(now: int) -> list[dict]:
    """The root comes last, and began before what matches in it."""
    return [
        {"id": "2", "parentId": "1", "kind": "CLIENT", "timestamp": now + 20, "duration": 30,
         "localEndpoint": FRONT, "remoteEndpoint": BACK, "tags": {"late": "yes"}},
        {"id": "1", "timestamp": now, "duration": 100, "name": "root", "localEndpoint": FRONT},
    ]  # fmt: skip


def _headless(now: int) -> list[dict]:
    return [
        {"id": "2", "parentId": "1", "kind": "CLIENT", "timestamp": now, "duration": 30,
         "localEndpoint": FRONT, "remoteEndpoint": BACK},
        {"id": "3", "parentId": "2", "kind": "SERVER", "timestamp": now + 1, "duration": 20,
         "localEndpoint": BACK, "remoteEndpoint": FRONT},
    ]  # fmt: skip


def _twice(now: int) -> list[dict]:
    """The same call reported in two pieces, and one of them again."""
    span = {"id": "1", "kind": "CLIENT", "timestamp": now, "localEndpoint": FRONT}
    rest = {"id": "1", "timestamp": now, "duration": 12, "localEndpoint": FRONT,
            "remoteEndpoint": BACK, "tags": {"piece": "2"}}  # fmt: skip
    return [span, rest, span]


KINDS = [_call, _messages, _otel, _fields, _late_root, _headless, _twice]


def handmade(start: int) -> list[list[dict]]:
    """A trace of each kind, a minute apart; in µs since 1970."""
    traces = []
    for number, make in enumerate(KINDS):
        trace = make(start + number * MINUTE_US)
        traces.append([{"traceId": f"{number + 1:032x}".replace("0", "a", 1)} | s for s in trace])
    return traces


def made_up(seed: int, count: int, start: int) -> list[list[dict]]:
    """Traces whose spans have parents, kinds, endpoints and errors by chance, a minute apart."""
    dice = random.Random(seed)
    endpoints = [FRONT, BACK, DB, {"serviceName": "mid", "ipv4": "10.0.0.3"}, {"ipv4": "10.0.0.4"}]
    traces = []
    for number in range(count):
        trace_id = f"{dice.getrandbits(127) | 1 << 126:032x}"
        spans: list[dict] = []
        for i in range(dice.randint(1, 9)):
            span = {"traceId": trace_id, "id": f"{i + 1:016x}",
                    "timestamp": start + number * MINUTE_US + i * 100,
                    "duration": dice.randint(1, 900)}  # fmt: skip
            kind = dice.choice(["CLIENT", "SERVER", "CLIENT", "SERVER", "PRODUCER", "CONSUMER", ""])
            if kind:
                span["kind"] = kind
            if dice.random() < 0.9:
                span["localEndpoint"] = dice.choice(endpoints)
            if dice.random() < 0.5:
                span["remoteEndpoint"] = dice.choice([*endpoints, KAFKA])
            if dice.random() < 0.2:
                span["tags"] = {"error": dice.choice(["", "true", "false", "late"])}
            if i > 0 and dice.random() < 0.95:
                # Also of a parent that is not there, or comes later.
                span["parentId"] = f"{dice.choice([*range(1, i + 1), i, i, i + 2]):016x}"
            clients = [s for s in spans if s.get("kind") == "CLIENT" and "localEndpoint" in s]
            if clients and kind == "SERVER" and dice.random() < 0.6:
                client = dice.choice(clients)
                span["id"] = client["id"]
                span.pop("parentId", None)
                if "parentId" in client and dice.random() < 0.8:
                    span["parentId"] = client["parentId"]
                if dice.random() < 0.8:
                    span["shared"] = True
            spans.append(span)
        dice.shuffle(spans)
        traces.append(spans)
    return traces
