"""Tempo's query API of a running store: what Grafana's Tempo data source asks, and scripts."""

import grpc
import pytest
import requests
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from clew import Clew
from otlp_requests import request

FIELD = descriptor_pb2.FieldDescriptorProto


def message_classes():
    """The few fields of tempo.proto that are asked for here; no registry has it for Python."""
    file = descriptor_pb2.FileDescriptorProto(
        name="tempo_test.proto", package="tempo_test", syntax="proto3"
    )

    def message(name, *fields):
        described = file.message_type.add(name=name)
        for number, field, kind, label, type_name in fields:
            described.field.add(
                number=number, name=field, type=kind, label=label, type_name=type_name
            )

    one, many = FIELD.LABEL_OPTIONAL, FIELD.LABEL_REPEATED
    message("SearchRequest", (8, "query", FIELD.TYPE_STRING, one, None))
    message("Trace", (1, "trace_id", FIELD.TYPE_STRING, one, None))
    message(
        "Metrics",
        (4, "completed_jobs", FIELD.TYPE_UINT32, one, None),
        (5, "total_jobs", FIELD.TYPE_UINT32, one, None),
    )
    message(
        "SearchResponse",
        (1, "traces", FIELD.TYPE_MESSAGE, many, ".tempo_test.Trace"),
        (2, "metrics", FIELD.TYPE_MESSAGE, one, ".tempo_test.Metrics"),
    )
    pool = descriptor_pool.Default()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"tempo_test.{name}"))
        for name in ("SearchRequest", "SearchResponse")
    }


MESSAGES = message_classes()


@pytest.fixture(scope="module")
def trace_id(all_in_one) -> str:
    """Of a trace that an SDK has sent, as Tempo writes IDs."""
    provider = TracerProvider(resource=Resource.create({"service.name": "asked"}))
    exporter = OTLPSpanExporter(endpoint=f"127.0.0.1:{all_in_one.grpc}", insecure=True)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("outer", kind=trace.SpanKind.SERVER) as span:
        span.set_attribute("http.status_code", 503)
        with tracer.start_as_current_span("inner") as inner:
            inner.set_attribute("db.system", "mysql")
    provider.shutdown()
    return f"{span.get_span_context().trace_id:032x}".lstrip("0")


def ask(clew: Clew, path: str, status: int = 200, accept: str = "", **params) -> requests.Response:
    response = clew.session.get(
        f"http://127.0.0.1:{clew.tempo}{path}",
        params=params,
        headers={"Accept": accept or "application/json"},
        timeout=30,
    )
    assert response.status_code == status, f"{path}: {response.status_code} {response.text}"
    return response


def test_grafana_finds_out_who_it_is(all_in_one):
    assert ask(all_in_one, "/api/echo").text == "echo"
    assert ask(all_in_one, "/api/status/buildinfo").json()["version"]
    assert ask(all_in_one, "/ready").text == "ready\n"


def test_grafana_searches_and_opens_a_trace(all_in_one, trace_id):
    query = '{resource.service.name="asked" && span.http.status_code>=500} | select(kind)'
    found = ask(
        all_in_one, "/api/search", q=query, limit=20, spss=3, start=1_600_000_000, end=4_000_000_000
    ).json()
    (result,) = found["traces"]
    assert (result["traceID"], result["rootTraceName"]) == (trace_id, "outer")
    (spanset,) = result["spanSets"]
    assert spanset["matched"] == 1
    attributes = {each["key"]: each["value"] for each in spanset["spans"][0]["attributes"]}
    assert attributes["http.status_code"] == {"intValue": "503"}
    assert attributes["kind"] == {"stringValue": "server"}

    # A TraceByIDResponse: its first field is the trace.
    body = ask(
        all_in_one, f"/api/v2/traces/{trace_id}", accept="application/protobuf"
    ).content
    (opened,) = (data for data in fields_of(body) if data)
    spans = [
        span.name
        for resource in TracesData.FromString(opened).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert sorted(spans) == ["inner", "outer"]


def fields_of(body: bytes) -> list[bytes]:
    """The texts and messages of a protobuf message, each of less than 2 MiB."""
    found, at = [], 0
    while at < len(body):
        assert body[at] & 7 == 2
        size, shift, at = 0, 0, at + 1
        while True:
            size |= (body[at] & 127) << shift
            shift, at = shift + 7, at + 1
            if body[at - 1] < 128:
                break
        found.append(body[at : at + size])
        at += size
    return found


def test_grafana_completes_tags_and_values(all_in_one, trace_id):
    scopes = ask(all_in_one, "/api/v2/search/tags", limit=5000, start=1, end=4_000_000_000).json()
    tags = {scope["name"]: scope["tags"] for scope in scopes["scopes"]}
    assert "db.system" in tags["span"]
    assert "rootServiceName" in tags["intrinsic"]
    some = ask(all_in_one, "/api/v2/search/tags", scope="span", q='{name="outer"}').json()
    assert some["scopes"][0]["tags"] == ["http.status_code"]
    path = "/api/v2/search/tag/span.db.system/values"
    assert ask(all_in_one, path, q='{resource.service.name="asked"}').json()["tagValues"] == [
        {"type": "string", "value": "mysql"}
    ]
    assert ask(all_in_one, path, q='{name="outer" && .x=}').json()["tagValues"] == []


def test_grafana_draws_metrics(all_in_one, trace_id):
    query = "{ } | count_over_time() by (resource.service.name)"
    answer = ask(all_in_one, "/api/metrics/query_range", q=query, since="15m", step="60s").json()
    totals = {
        series["labels"][0]["value"]["stringValue"]: sum(
            sample["value"] for sample in series["samples"]
        )
        for series in answer["series"]
    }
    assert totals["asked"] == 2
    (series,) = ask(all_in_one, "/api/metrics/query", q=query, since="15m").json()["series"]
    assert series["value"] == 2


def test_two_traces_are_compared(all_in_one, trace_id):
    body, other = request(2, "asked")
    assert all_in_one.otlp(body).ok
    all_in_one.wait_for_trace(other, 2)
    url = f"http://127.0.0.1:{all_in_one.tempo}/api/v2/traces/diff"
    asked = {"base": {"traceId": trace_id}, "compare": {"traceId": other}}
    patch = all_in_one.session.post(url, json=asked, timeout=30).json()
    assert patch["version"] == "trace-patch-v0"
    assert (patch["stats"]["addedSpans"], patch["stats"]["removedSpans"]) == (2, 2)
    asked["format"] = "trace-summary-v0-composed"
    both = all_in_one.session.post(url, json=asked, timeout=30).json()
    assert both["patch"] == patch and both["summary"]["changedServices"] == ["asked"]
    missing = all_in_one.session.post(url, json=asked | {"base": {"traceId": "1"}}, timeout=30)
    assert (missing.status_code, missing.text) == (404, "Not Found\n")


def test_says_what_is_wrong(all_in_one):
    wrong = ask(all_in_one, "/api/search", status=400, q="{ span.a = }")
    assert "column 12" in wrong.text
    assert wrong.headers["Content-Type"].startswith("text/plain")
    assert "metrics" in ask(all_in_one, "/api/search", status=400, q="{ } | rate()").text


def test_the_port_of_queries_has_the_same_under_tempo(all_in_one, trace_id):
    found = all_in_one.get("/tempo/api/search", q='{ name = "inner" }')
    assert [each["traceID"] for each in found["traces"]] == [trace_id]


@pytest.mark.parametrize("port", ["tempo", "tempo_grpc"])
def test_grpc_streams_what_it_finds(all_in_one, trace_id, port):
    with grpc.insecure_channel(f"127.0.0.1:{getattr(all_in_one, port)}") as channel:
        search = channel.unary_stream(
            "/tempopb.StreamingQuerier/Search",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=MESSAGES["SearchResponse"].FromString,
        )
        answers = list(search(MESSAGES["SearchRequest"](query='{ name = "inner" }'), timeout=30))
        assert [each.trace_id for answer in answers for each in answer.traces] == [trace_id]
        assert answers[-1].metrics.completed_jobs == answers[-1].metrics.total_jobs == 1
        with pytest.raises(grpc.RpcError) as wrong:
            list(search(MESSAGES["SearchRequest"](query="{ name = }"), timeout=30))
        assert wrong.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert "column" in wrong.value.details()


def test_can_be_switched_off(tmp_path):
    store = Clew("store", tmp_path)
    for flag in ("--tempo-query", "--tempo-query-grpc"):
        store.command[store.command.index(flag) + 1] = "off"
    with store:
        for port in (store.tempo, store.tempo_grpc):
            with pytest.raises(requests.ConnectionError):
                store.session.get(f"http://127.0.0.1:{port}/ready", timeout=5)
