"""A stock Jaeger: one that keeps its traces in Clew, and one with its own memory beside it. Both
are fed the same spans, and every answer of v1 and v3 is compared field by field with Clew's.

What differs on purpose is taken out by `comparable` and listed in docs/compatibility.md.
"""

import copy
import json
import os
import subprocess
import time

import grpc
import jaeger_idl
import pytest
import requests
from clew import REPO, Clew, free_port, wait_until
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

BINARY = REPO / ".deps" / "peers" / "jaeger-1.76.0"
pytestmark = pytest.mark.skipif(
    not BINARY.exists(), reason="there is no stock Jaeger: tools/build-jaeger makes one"
)


class Jaeger:
    """A Jaeger process with its listeners on free ports of 127.0.0.1."""

    def __init__(self, folder, backend: dict):
        self.otlp, self.http, self.grpc = (free_port() for _ in range(3))
        self.folder = folder
        here = "127.0.0.1"
        self.config = {
            "service": {
                "extensions": ["jaeger_storage", "jaeger_query"],
                "pipelines": {
                    "traces": {"receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"]}
                },
                "telemetry": {"metrics": {"level": "none"}},
            },
            "extensions": {
                "jaeger_query": {
                    "storage": {"traces": "kept"},
                    "http": {"endpoint": f"{here}:{self.http}"},
                    "grpc": {"endpoint": f"{here}:{self.grpc}"},
                },
                "jaeger_storage": {"backends": {"kept": backend}},
            },
            "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": f"{here}:{self.otlp}"}}}},
            "exporters": {"jaeger_storage_exporter": {"trace_storage": "kept"}},
        }

    def __enter__(self):
        self.folder.mkdir(exist_ok=True)
        config = self.folder / "jaeger.yaml"
        config.write_text(json.dumps(self.config))  # which is YAML too
        self.log = (self.folder / "jaeger.log").open("w")
        command = [BINARY, "--config", config]
        environment = os.environ | {"OTEL_TRACES_SAMPLER": "always_off"}
        self.process = subprocess.Popen(command, stderr=self.log, stdout=self.log, env=environment)
        wait_until(self._is_ready, seconds=60)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, (self.folder / "jaeger.log").read_text()[-3000:]
        try:
            return requests.get(self.url("/api/services"), timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.http}{path}"


def send(port: int, ids) -> str:
    """A trace with all that a span can have. Sent again with the same IDs and times."""
    ids.restart()
    resource = {"host.name": "h", "process.pid": 7, "tags": ["a", "b"]}
    providers = {}
    for service in ("front", "back"):
        made = TracerProvider(
            resource=Resource({"service.name": service, **resource}), id_generator=ids
        )
        exporter = OTLPSpanExporter(endpoint=f"127.0.0.1:{port}", insecure=True)
        made.add_span_processor(SimpleSpanProcessor(exporter))
        providers[service] = made.get_tracer("lib", "1.2"), made
    start = ids.start
    front, back = providers["front"][0], providers["back"][0]
    root = front.start_span("GET /", kind=trace.SpanKind.SERVER, start_time=start)
    context = trace.set_span_in_context(root)
    call = front.start_span(
        "call", context, kind=trace.SpanKind.CLIENT, start_time=start + 1_000_000,
        attributes={"flag": True, "number": 42, "share": 0.5, "texts": ["x", "y"], "text": "ä\"b"},
    )  # fmt: skip
    handled = back.start_span(
        "handle", trace.set_span_in_context(call), kind=trace.SpanKind.SERVER,
        start_time=start + 2_000_000, links=[trace.Link(root.get_span_context(), {"why": "x"})],
    )  # fmt: skip
    handled.add_event("cached", {"key": "k", "hit": False}, timestamp=start + 2_500_000)
    handled.set_status(trace.StatusCode.ERROR, "too late")
    handled.end(start + 5_000_000)
    call.set_status(trace.StatusCode.OK)
    call.end(start + 7_000_000)
    root.end(start + 9_000_000)
    for _, made in providers.values():
        made.shutdown()
    return f"{root.get_span_context().trace_id:032x}"


class Ids:
    """The same IDs each time, so that the same trace can be sent to several."""

    def __init__(self):
        self.start = (time.time_ns() - 5_000_000_000) // 1000 * 1000
        self.restart()

    def restart(self):
        self.next = 0

    def generate_span_id(self) -> int:
        self.next += 1
        return 0xA0 + self.next

    def generate_trace_id(self) -> int:
        return 0x1234567890ABCDEF_0000000000000001

    def is_trace_id_random(self) -> bool:
        return False


@pytest.fixture(scope="module")
def peers(tmp_path_factory):
    """Clew, a Jaeger that keeps its traces in it, and a Jaeger with a memory of its own."""
    folder = tmp_path_factory.mktemp("stock")
    ids = Ids()
    with Clew("all-in-one", folder) as clew:
        storage = {"endpoint": f"127.0.0.1:{clew.storage_grpc}", "tls": {"insecure": True}}
        with Jaeger(folder / "remote", {"grpc": storage}) as remote:
            with Jaeger(folder / "own", {"memory": {"max_traces": 100}}) as own:
                trace_id = send(remote.otlp, ids)
                assert send(own.otlp, ids) == trace_id
                clew.wait_for_trace(trace_id, 3)
                yield clew, remote, own, trace_id


def ask(peer, path, **params):
    answer = requests.get(peer.url(path), params=params, timeout=30)
    return answer.status_code, answer.json()


def comparable(answer):
    """An answer in one order, where Jaeger has none."""
    answer = copy.deepcopy(answer)
    if isinstance(answer.get("data"), list):
        answer["data"].sort(key=str)
    for one in answer.get("data") or []:
        if not isinstance(one, dict) or "spans" not in one:
            continue
        names = {key: process["serviceName"] for key, process in one["processes"].items()}
        for span in one["spans"]:
            span["processID"] = names[span["processID"]]
            span["tags"].sort(key=str)
            for log in span["logs"]:
                log["fields"].sort(key=str)
        one["spans"].sort(key=lambda span: span["spanID"])
        one["processes"] = {names[key]: process for key, process in one["processes"].items()}
        for process in one["processes"].values():
            process["tags"].sort(key=str)
    return answer


SEARCH = {"service": "back", "lookback": "1h", "limit": 20}


@pytest.mark.parametrize(
    "path, params",
    [
        ("/api/services", {}),
        ("/api/services/front/operations", {}),
        ("/api/operations", {"service": "front"}),
        ("/api/operations", {"service": "front", "spanKind": "client"}),
        ("/api/operations", {}),
        ("/api/traces", SEARCH),
        ("/api/traces", {**SEARCH, "operation": "handle"}),
        ("/api/traces", {**SEARCH, "service": "front", "tags": '{"flag": "true"}'}),
        ("/api/traces", {**SEARCH, "tag": "none:x"}),
        ("/api/traces", {**SEARCH, "minDuration": "1h"}),
        ("/api/traces", {**SEARCH, "service": "front", "tag": "number:42"}),
        ("/api/traces", {"limit": 20}),
        ("/api/traces", {**SEARCH, "minDuration": "2s", "maxDuration": "1s"}),
        ("/api/traces/{id}", {}),
        ("/api/traces/{id}", {"raw": "true"}),
        ("/api/traces", {"traceID": "{id}"}),
    ],
)
def test_v1_answers_are_the_same(peers, path, params):
    clew, remote, own, trace_id = peers
    path = path.replace("{id}", trace_id)
    params = {key: str(value).replace("{id}", trace_id) for key, value in params.items()}
    ours, kept, theirs = (ask(peer, path, **params) for peer in (clew, remote, own))
    assert ours[0] == kept[0] == theirs[0]
    if ours[0] != 200:
        assert ours[1]["errors"][0]["code"] == theirs[1]["errors"][0]["code"]
        return
    assert comparable(ours[1]) == comparable(theirs[1])
    assert comparable(kept[1]) == comparable(theirs[1])


def test_what_is_not_there(peers):
    for path, status in (("/api/traces/2", 404), ("/api/traces/xyz", 400)):
        for peer in peers[:3]:
            code, answer = ask(peer, path)
            assert (code, answer["errors"][0]["code"]) == (status, status)


def test_a_jaeger_sees_dependencies_of_what_it_keeps_in_clew(peers):
    clew, remote, own, _ = peers
    params = {"endTs": int((time.time() + 60) * 1000), "lookback": 3_600_000}
    ours = ask(clew, "/api/dependencies", **params)[1]
    assert ours["data"] == [{"parent": "front", "child": "back", "callCount": 1}]
    assert ask(remote, "/api/dependencies", **params)[1] == ours
    # A Jaeger with its own memory counts calls within a service too.
    theirs = ask(own, "/api/dependencies", **params)[1]
    theirs["data"] = [link for link in theirs["data"] if link["parent"] != link["child"]]
    assert theirs == ours


def in_order(value):
    """With attributes in one order."""
    if isinstance(value, dict):
        return {
            key: sorted(part, key=str) if key == "attributes" else in_order(part)
            for key, part in value.items()
        }
    return [in_order(part) for part in value] if isinstance(value, (list, tuple)) else value


def test_v3_traces_are_the_same(peers):
    def spans(peer):
        status, answer = ask(peer, f"/api/v3/traces/{peers[3]}")
        assert status == 200
        return {
            span["spanId"]: in_order((resource["resource"], scope["scope"], span))
            for resource in answer["result"]["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        }

    ours, kept, theirs = (spans(peer) for peer in peers[:3])
    assert kept == theirs
    assert ours == theirs


def test_a_jaeger_answers_over_grpc_from_what_it_keeps_in_clew(peers):
    _, remote, _, trace_id = peers
    with grpc.insecure_channel(f"127.0.0.1:{remote.grpc}") as channel:
        name = "jaeger.api_v3.QueryService"
        service = jaeger_idl.Service(channel, jaeger_idl.official(), name)
        chunks = service("GetTrace", trace_id=trace_id)
        assert len(chunks) == 1
        assert sorted(service("GetServices").services) == ["back", "front"]
