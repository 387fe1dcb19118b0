"""Clew's own API does what its own description says, for requests that nobody thought of."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import jsonschema_rs
import pytest
import requests

import clew_columns
import otlp_requests

SCHEMATHESIS = pathlib.Path(sys.executable).parent / "schemathesis"

# Not what schemas can say: which texts are a condition, and that the end comes after the start.
BEYOND_SCHEMAS = "positive_data_acceptance,missing_required_header"


@pytest.fixture(scope="module")
def filled(all_in_one):
    """A clew with a few traces, and the ID of one of them."""
    for spans in (1, 5):
        assert all_in_one.otlp(otlp_requests.request(spans)[0]).status_code == 200
    body, trace_id = otlp_requests.rich_request()
    assert all_in_one.otlp(body).status_code == 200
    return all_in_one, trace_id


def test_no_request_breaks_it_and_each_answer_is_as_described(filled, tmp_path):
    clew, trace_id = filled
    described = clew.get("/api/clew/v1/openapi.json")
    # So that there is something to find.
    described["components"]["parameters"]["traceId"]["example"] = trace_id
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(described))
    command = [
        SCHEMATHESIS, "run", str(path), "--url", clew.url("/"), "--checks", "all",
        "--exclude-checks", BEYOND_SCHEMAS, "--phases", "examples,coverage,fuzzing",
        "--max-examples", "10", "--max-time", "20", "--no-color", "--generation-deterministic",
        "--warnings", "off", "--exclude-path", "/api/clew/v1/tail",  # which does not end by itself
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert requests.get(clew.url("/ready"), timeout=10).ok


def test_what_is_found_is_as_described(filled):
    """With data of every type, which no fuzzer has."""
    clew, trace_id = filled
    described = clew.get("/api/clew/v1/openapi.json")
    components = {"components": described["components"]}
    for path, url in (("traces/{id}", f"traces/{trace_id}"), ("search", "search?limit=10"),
                      ("traces/{id}/spans", f"traces/{trace_id}/spans?from=1&count=1"),
                      ("traces/{id}/find", f"traces/{trace_id}/find?text=KIND=s"),
                      ("services", "services"), ("operations", "operations"), ("tags", "tags"),
                      ("tags/{key}/values", "tags/service.name/values"), ("pins", "pins"),
                      ("system", "system"),
                      ("search", "search?q={} | select(span.count)"),
                      ("metrics", "metrics?q={} | rate() by (name)"),
                      ("dependencies", "dependencies")):  # fmt: skip
        operation = described["paths"][f"/api/clew/v1/{path}"]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        found = clew.get(f"/api/clew/v1/{url}")
        jsonschema_rs.validate(schema | components, found)
        assert path in ("pins", "dependencies") or next(iter(found.values())), path


def test_a_wrong_parameter_is_named(filled):
    clew, trace_id = filled
    for query, name in (
        ("search?limit=x", "limit"), ("search?limit=0", "limit"), ("search?start=1.5", "start"),
        ("search?end=-1", "end"), ("search?minDuration=5", "minDuration"),
        ("search?maxTraceDuration=x", "maxTraceDuration"), ("search?status=bad", "status"),
        ("search?tag=x", "tag"), ("search?where=a%20%3D~%20(", "where"),
        ("search?pageToken=x", "pageToken"), ("search?serivce=a", "serivce"),
        ("search?service=a&service=b", "service"), ("search?start=2&end=1", "end"),
        ("search?minDuration=2s&maxDuration=1s", "maxDuration"),
        ("tags?scope=x", "scope"), ("tags/a/values?limit=-1", "limit"), ("pins?x=1", "x"),
        ("dependencies?lookback=x", "lookback"), ("services?tenant=a", "tenant"),
        ("search?q={&limit=2", "'q': column 2"), ("search?q={}&service=a", "service"),
        ("search?q={}|rate()", "api/clew/v1/metrics"), ("search?spans=1", "spans"),
        ("search?q={}&spans=x", "spans"), ("metrics?q={}", "metrics"), ("metrics?q=", "q"),
        ("metrics?q={}|rate()&step=5", "step"), ("metrics?q={}|rate()&instant=x", "instant"),
        ("metrics?q={}|rate()&start=x", "start"), ("metrics?q={}|rate()&start=5&end=5", "range"),
        (f"traces/{trace_id}?limit=2", "limit"), ("traces/nohex", "nohex"),
        (f"traces/{trace_id}/spans?count=0", "count"), (f"traces/{trace_id}/spans?from=-1", "from"),
        (f"traces/{trace_id}/spans?count=1001", "count"),
        (f"traces/{trace_id}/find?text=%20", "text"), (f"traces/{trace_id}/find", "text"),
        (f"traces/{trace_id}/find?text={'a+' * 33}", "text"),
        (f"traces/{trace_id}/spans?span=7", "span"),
        (f"traces/{trace_id}/spans?span=00f067aa0ba902b7&from=1", "from"),
    ):  # fmt: skip
        answer = requests.get(clew.url(f"/api/clew/v1/{query}"), timeout=10)
        assert answer.status_code == 400, query
        error = answer.json()["error"]
        assert error["code"] == "invalid_argument" and name in error["message"], (query, error)
    headers = {"X-Scope-OrgID": "a/b"}
    answer = requests.get(clew.url("/api/clew/v1/pins"), headers=headers, timeout=10)
    assert answer.status_code == 400 and "X-Scope-OrgID" in answer.json()["error"]["message"]


def test_traceql_finds_spans_and_counts_them(filled):
    clew, _ = filled
    body, trace_id = otlp_requests.request(4, "counted")
    assert clew.otlp(body).ok
    in_service = 'resource.service.name = "counted"'
    found = clew.get(f"/api/clew/v1/search?q={{ {in_service} }}&spans=2")
    (trace,) = found["traces"]
    assert (trace["traceId"], trace["matched"], trace["spanCount"]) == (trace_id, 4, 4)
    assert [span["name"] for span in trace["spans"]] == ["step 0", "step 1"]
    (found,) = clew.get(
        f'/api/clew/v1/search?q={{ .service.name = "counted" }} | select(kind)&spans=1'
    )["traces"]
    scopes = {each["key"]: each["scope"] for each in found["spans"][0]["attributes"]}
    assert scopes == {"service.name": "resource", "kind": "intrinsic"}
    count = f"{{ {in_service} }} | count_over_time() by (name)"
    at_once = clew.get(f"/api/clew/v1/metrics?q={count}&instant=true&exemplars=10")
    labels = [series["labels"] for series in at_once["series"]]
    assert labels == [
        [{"name": "name", "type": "string", "value": f"step {i}"}] for i in range(4)
    ]
    assert [series["points"] for series in at_once["series"]] == [[1]] * 4
    exemplars = [each for series in at_once["series"] for each in series["exemplars"]]
    assert {each["traceId"] for each in exemplars} == {trace_id}
    points = clew.get(f"/api/clew/v1/metrics?q={count}&step=10s")
    start = trace["spans"][0]["startUs"]
    for series in points["series"]:
        ((at, value),) = [(i, point) for i, point in enumerate(series["points"]) if point]
        end = points["startUs"] + (at + 1) * points["stepUs"]
        assert value == 1 and end - points["stepUs"] < start <= end
    assert points["stepUs"] == 10_000_000 and points["complete"]


def test_a_trace_that_the_client_has_is_not_sent_again(filled):
    clew, trace_id = filled
    for path in ("", "/columns", "/spans?count=2"):
        path = f"traces/{trace_id}{path}"
        url, tags = clew.url(f"/api/clew/v1/{path}"), {}
        for encoding in ("identity", "gzip", "zstd"):
            headers = {"Accept-Encoding": encoding}
            answer = requests.get(url, headers=headers, timeout=10, stream=True)
            tags[encoding] = answer.headers["ETag"]
            headers["If-None-Match"] = f'"other", {tags[encoding]}'
            again = requests.get(url, headers=headers, timeout=10)
            assert (again.status_code, again.content) == (304, b""), path
        headers = {"If-None-Match": '"other"'}
        assert requests.get(url, headers=headers, timeout=10).status_code == 200
        # What is short is not compressed.
        assert tags["gzip"] != tags["identity"] or "columns" in path


def test_a_trace_that_grew_is_sent_again(filled):
    clew, _ = filled
    body, trace_id = otlp_requests.request(2)
    assert clew.otlp(body).status_code == 200
    url = clew.url(f"/api/clew/v1/traces/{trace_id}")
    tag = requests.get(url, timeout=10).headers["ETag"]
    assert clew.otlp(otlp_requests.request(1, "more", bytes.fromhex(trace_id))[0]).ok
    answer = requests.get(url, headers={"If-None-Match": tag}, timeout=10)
    assert answer.status_code == 200 and len(answer.json()["spans"]) == 3


def test_columns_have_what_the_trace_has(filled):
    clew, trace_id = filled
    trace = clew.get(f"/api/clew/v1/traces/{trace_id}")
    answer = requests.get(clew.url(f"/api/clew/v1/traces/{trace_id}/columns"), timeout=10)
    head, rows = clew_columns.read(answer.content)
    assert answer.headers["Content-Type"] == "application/vnd.clew.columns"
    assert head == {"traceId": trace_id, "startNs": int(trace["startNs"]),
                    "durationNs": trace["durationNs"], "complete": True}  # fmt: skip
    spans = {span["name"]: span for span in trace["spans"]}
    assert [(row.depth, row.name) for row in rows] == [(0, "GET /cart"), (1, "select")]
    for row in rows:
        span = spans[row.name]
        assert row.kind == span["kind"] and row.service == "shop"
        assert row.start_ns - head["startNs"] == (span["startNs"] + 500) // 1000 * 1000
        assert row.duration_ns == (span["durationNs"] + 500) // 1000 * 1000
        assert bool(row.flags & 1) == (span["status"]["code"] == "error")
    missing = requests.get(clew.url("/api/clew/v1/traces/12345/columns"), timeout=10)
    assert missing.status_code == 404


def test_pages_have_the_spans_of_the_trace_in_the_order_of_its_columns(filled):
    clew, _ = filled
    body, trace_id = otlp_requests.request(300)
    assert clew.otlp(body).status_code == 200
    url = clew.url(f"/api/clew/v1/traces/{trace_id}")
    trace = requests.get(url, timeout=10).json()
    _, rows = clew_columns.read(requests.get(f"{url}/columns", timeout=10).content)
    spans = {span["spanId"]: span for span in trace["spans"]}
    seen = 0
    while seen < 300:
        page = requests.get(f"{url}/spans?from={seen}&count=70", timeout=10).json()
        assert (page["from"], page["total"], page["complete"]) == (seen, 300, True)
        assert (page["startNs"], page["durationNs"]) == (trace["startNs"], trace["durationNs"])
        for span in page["spans"]:
            assert (span.pop("row"), span["name"]) == (seen, rows[seen].name)
            known = spans.pop(span["spanId"])
            for table in ("resource", "scope"):
                assert page[f"{table}s"][span.pop(table)] == trace[f"{table}s"][known.pop(table)]
            assert span == known
            seen += 1
    assert not spans
    some = trace["spans"][123]["spanId"]
    page = requests.get(f"{url}/spans?span={some}&count=1", timeout=10).json()
    assert [span["spanId"] for span in page["spans"]] == [some] and page["total"] == 300
    for missing in (f"{url}/spans?span=00000000deadbeef", f"{url[:-3]}000/spans"):
        assert requests.get(missing, timeout=10).status_code == 404, missing
