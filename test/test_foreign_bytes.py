"""Bad input gets the protocol's error and the server goes on. The decoders' tests go deeper."""

import gzip
import http.client
import json

import pytest
import requests

from otlp_requests import request

PROTOBUF = "application/x-protobuf"


@pytest.fixture(autouse=True)
def still_serves(all_in_one):
    """After each test a good request is still taken and found."""
    yield
    body, trace_id = request(3)
    assert all_in_one.otlp(body).status_code == 200
    assert len(all_in_one.jaeger_trace(trace_id)["spans"]) == 3


def test_truncated_at_every_byte(all_in_one):
    body, _ = request(2)
    for size in range(1, len(body)):
        response = all_in_one.otlp(body[:size])
        assert response.status_code == 400, f"at {size}: {response.text}"
        assert response.headers["Content-Type"] == PROTOBUF


@pytest.mark.parametrize(
    "body, headers, status",
    [
        (b"\x0a\xff\xff\xff\xff\x0f", {}, 400),
        (b"\x08\x01", {}, 400),
        (b"not gzip", {"Content_Encoding": "gzip"}, 400),
        (gzip.compress(bytes(200 << 20)), {"Content_Encoding": "gzip"}, 413),
        (b"{}", {"Content_Encoding": "br"}, 415),
        (b"hello", {"Content_Type": "text/plain"}, 415),
        (b"{", {"Content_Type": "application/json"}, 400),
        (b"[" * 100_000, {"Content_Type": "application/json"}, 400),
        (b'{"resourceSpans": 5}', {"Content_Type": "application/json"}, 400),
        (bytes((64 << 20) + 1), {}, 413),
    ],
    ids=[
        "huge length", "wrong wire type", "bad gzip", "gzip bomb", "unknown encoding",
        "wrong content type", "bad JSON", "deep JSON", "wrong JSON type", "too large",
    ],
)  # fmt: skip
def test_is_refused(all_in_one, body, headers, status):
    response = all_in_one.otlp(body, **headers)
    assert response.status_code == status, response.text


def test_an_id_of_wrong_length_is_named(all_in_one):
    span = {"traceId": "abc", "spanId": "00f067aa0ba902b7", "name": "x"}
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
    response = all_in_one.otlp(body.encode(), Content_Type="application/json")
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/json"
    assert "resourceSpans[0].scopeSpans[0].spans[0].traceId" in response.json()["message"]


def test_an_empty_body_is_an_empty_request(all_in_one):
    response = all_in_one.otlp(b"")
    assert (response.status_code, response.content) == (200, b"")


def test_spans_without_ids_are_rejected_and_the_others_kept(all_in_one):
    good, trace_id = request(1)
    bad, _ = request(1, trace_id=bytes(16))
    response = all_in_one.otlp(good + bad)
    assert response.status_code == 200
    assert response.content != b""  # partial success
    assert len(all_in_one.jaeger_trace(trace_id)["spans"]) == 1


def test_chunked_as_envoy_sends_it(all_in_one):
    body, trace_id = request(50)
    connection = http.client.HTTPConnection("127.0.0.1", all_in_one.otlp_http)
    chunks = (body[i : i + 7] for i in range(0, len(body), 7))
    headers = {"Content-Type": PROTOBUF}
    connection.request("POST", "/v1/traces", chunks, headers, encode_chunked=True)
    assert connection.getresponse().status == 200
    assert len(all_in_one.jaeger_trace(trace_id)["spans"]) == 50


def test_zipkin_is_answered_with_202(all_in_one):
    span = {"traceId": "463ac35c9f6413ad48485a3953bb6124", "id": "a2fb4a1d1a96d312",
            "name": "get /", "kind": "SERVER", "timestamp": 1_700_000_000_000_000, "duration": 5000,
            "localEndpoint": {"serviceName": "zipkin-shop"}, "tags": {"k": "v"}}  # fmt: skip
    url = f"http://127.0.0.1:{all_in_one.zipkin}/api/v2/spans"
    assert requests.post(url, json=[span], timeout=10).status_code == 202
    (found,) = all_in_one.jaeger_trace(span["traceId"])["spans"]
    assert found["operationName"] == "get /"
    assert {"key": "k", "type": "string", "value": "v"} in found["tags"]
    assert requests.post(url, data=b"[{]", timeout=10).status_code == 400


def test_tenants_do_not_see_each_other(all_in_one):
    body, trace_id = request(1)
    assert all_in_one.otlp(body, X_Scope_OrgID="team-a").status_code == 200
    url = all_in_one.url(f"/api/traces/{trace_id}")
    assert requests.get(url, timeout=10).status_code == 404
    assert requests.get(url, headers={"X-Scope-OrgID": "team-a"}, timeout=10).status_code == 200
    assert all_in_one.otlp(body, X_Scope_OrgID="../up").status_code == 400
