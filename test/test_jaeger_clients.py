"""What clients of Jaeger's HTTP API ask: Grafana's data source and the MCP server jaeger-mcp."""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import pytest
from clew import REPO
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

MCP = "jaeger-mcp==0.6.1"  # with an environment of its own, since it brings much along
MCP_READY = REPO / ".deps" / "sdk" / MCP.replace("==", "-")


def provider(clew, service: str) -> TracerProvider:
    made = TracerProvider(resource=Resource.create({"service.name": service}))
    exporter = OTLPSpanExporter(endpoint=f"127.0.0.1:{clew.grpc}", insecure=True)
    made.add_span_processor(SimpleSpanProcessor(exporter))
    return made


@pytest.fixture(scope="module")
def trace_id(all_in_one) -> str:
    """Of a trace in which front calls back, which fails."""
    front, back = provider(all_in_one, "front"), provider(all_in_one, "back")
    with front.get_tracer("test").start_as_current_span(
        "GET /cart", kind=trace.SpanKind.SERVER
    ) as span:
        with back.get_tracer("test").start_as_current_span(
            "look up", kind=trace.SpanKind.SERVER, attributes={"user": "a b", "retries": 2}
        ) as failing:
            failing.set_status(trace.StatusCode.ERROR, "no such cart")
    front.shutdown()
    back.shutdown()
    return f"{span.get_span_context().trace_id:032x}"


def micros(seconds: float) -> int:
    return int((time.time() + seconds) * 1e6)


def test_grafanas_data_source(all_in_one, trace_id):
    """Each request of its Go client and of its query editor, with what they read of the answer."""
    get = all_in_one.get
    # "Save & test", and the list of services in the editor.
    assert get("/api/services")["data"] == ["back", "front"]
    assert get("/api/services/front/operations")["data"] == ["GET /cart"]
    # A search; tags come from logfmt and are texts.
    (found,) = get(
        "/api/traces", service="back", operation="look up", limit=20, lookback="custom",
        tags=json.dumps({"user": "a b", "retries": "2", "error": "true"}),
        minDuration="1us", maxDuration="1h", start=micros(-3600), end=micros(60),
    )["data"]  # fmt: skip
    by_id = get(f"/api/traces/{trace_id}")
    assert by_id["errors"] is None
    assert by_id["data"] == [found]
    # With "use time range in query" on.
    assert get(f"/api/traces/{trace_id}", start=micros(-3600), end=micros(60)) == by_id
    assert found["traceID"] == trace_id
    names = {key: process["serviceName"] for key, process in found["processes"].items()}
    root, call = sorted(found["spans"], key=lambda span: span["startTime"])
    assert names[root["processID"]], names[call["processID"]] == ("front", "back")
    (reference,) = call["references"]
    assert reference == {"refType": "CHILD_OF", "traceID": trace_id, "spanID": root["spanID"]}
    tags = {tag["key"]: tag["value"] for tag in call["tags"]}
    assert tags["otel.status_description"] == "no such cart"
    assert (tags["error"], tags["retries"], tags["span.kind"]) == (True, 2, "server")
    # The dependency graph.
    end = int((time.time() + 60) * 1000)
    assert get("/api/dependencies", endTs=end, lookback=3_600_000)["data"] == [
        {"parent": "front", "child": "back", "callCount": 1}
    ]
    # What is wrong is told in the body.
    wrong = all_in_one.session.get(all_in_one.url("/api/traces/1"), timeout=10)
    assert wrong.status_code == 404
    assert wrong.json()["errors"][0]["msg"] == "trace not found"


def test_grafanas_data_source_with_its_feature_flag(all_in_one, trace_id):
    """`jaegerEnableGrpcEndpoint` moves all but the search to v3."""
    get = all_in_one.get
    assert get("/api/v3/services")["services"] == ["back", "front"]
    assert get("/api/v3/operations", service="front")["operations"] == [
        {"name": "GET /cart", "spanKind": "server"}
    ]
    resources = get(f"/api/v3/traces/{trace_id}")["result"]["resourceSpans"]
    spans = [span for one in resources for scope in one["scopeSpans"] for span in scope["spans"]]
    assert {span["name"] for span in spans} == {"GET /cart", "look up"}
    assert {span["traceId"] for span in spans} == {trace_id}


def test_the_monitor_tab(all_in_one, trace_id):
    end = int((time.time() + 1) * 1000)
    ask = {"service": ["front", "back"], "endTs": end, "lookback": 60_000, "step": 60_000,
           "ratePer": 60_000, "spanKind": ["server"]}  # fmt: skip
    values = {}
    for what in ("calls", "errors", "latencies"):
        family = all_in_one.get(
            f"/api/metrics/{what}", groupByOperation="true", quantile=0.95, **ask
        )
        for metric in family["metrics"]:
            labels = {label["name"]: label["value"] for label in metric["labels"]}
            point = metric["metricPoints"][-1]["gaugeValue"]["doubleValue"]
            values[labels["service_name"], labels["operation"], what] = point
    assert values["front", "GET /cart", "calls"] == pytest.approx(1 / 60)
    assert values["front", "GET /cart", "errors"] == 0
    assert values["back", "look up", "errors"] == 1
    assert values["front", "GET /cart", "latencies"] > values["back", "look up", "latencies"] > 0
    assert all_in_one.get("/api/metrics/minstep")["data"] == 1


def test_spans_in_otlp_become_traces_of_the_ui(all_in_one, trace_id):
    """What is shown of a file is what is shown of the same spans once they are stored."""
    otlp = all_in_one.get(f"/api/v3/traces/{trace_id}")["result"]
    answer = all_in_one.session.post(all_in_one.url("/api/transform"), json=otlp, timeout=10)
    assert answer.status_code == 200
    (transformed,) = answer.json()["data"]
    stored = all_in_one.jaeger_trace(trace_id)
    assert transformed == stored
    wrong = all_in_one.session.post(all_in_one.url("/api/transform"), data="{", timeout=10)
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["msg"]


def test_who_has_the_trace_is_not_sent_it_again(all_in_one, trace_id):
    for path in (f"/api/traces/{trace_id}", f"/api/v3/traces/{trace_id}"):
        url = all_in_one.url(path)
        first = all_in_one.session.get(url, timeout=10)
        tag = first.headers["ETag"]
        again = all_in_one.session.get(url, headers={"If-None-Match": tag}, timeout=10)
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)


def mcp_python() -> pathlib.Path:
    """The Python that has jaeger-mcp; made at first use."""
    if not MCP_READY.exists():
        MCP_READY.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=MCP_READY.parent) as name:
            subprocess.run([sys.executable, "-m", "venv", "--clear", MCP_READY], check=True)
            pip = [MCP_READY / "bin" / "pip", "install", "--quiet", MCP]
            done = subprocess.run(pip, capture_output=True, text=True, timeout=300, cwd=name)
            if done.returncode != 0:
                MCP_READY.rename(pathlib.Path(name) / "broken")  # gone with the folder
            assert done.returncode == 0, done.stderr
    return MCP_READY / "bin" / "python"


def test_jaeger_mcp(all_in_one, trace_id):
    calls = [
        ["jaeger_list_services", {}],
        ["jaeger_list_operations", {"service": "front"}],
        ["jaeger_search_traces", {"service": "back", "operation": "look up"}],
        ["jaeger_get_trace", {"trace_id": trace_id}],
        ["jaeger_get_dependencies", {}],
        ["jaeger_span_statistics", {"service": "front"}],
        ["jaeger_critical_path", {"trace_id": trace_id}],
    ]
    command = [mcp_python(), REPO / "test" / "sdk" / "jaeger_mcp.py", all_in_one.url("")]
    done = subprocess.run(
        command, input=json.dumps(calls), capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 0, done.stderr
    services, operations, found, detail, links, statistics, path = json.loads(done.stdout)
    assert services["services"] == ["back", "front"]
    assert operations["operations"] == ["GET /cart"]
    (one,) = found["traces"]
    assert (one["trace_id"], one["root_operation"]) == (trace_id, "GET /cart")
    assert (detail["span_count"], detail["errors_count"]) == (2, 1)
    (edge,) = links["edges"]
    assert (edge["parent"], edge["child"]) == ("front", "back")
    assert {one["operation"] for one in statistics["stats"]} == {"GET /cart", "look up"}
    assert json.dumps(path).count("GET /cart") > 0
