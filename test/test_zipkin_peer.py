"""A real Zipkin server, fed with the same spans, answers the same: every endpoint, every field.

What differs on purpose is the list DIFFERENCES, justified in docs/compatibility.md.
"""

from __future__ import annotations

import sys
import time

import pytest

from clew import REPO, Clew

sys.path.insert(0, str(REPO / "test" / "compat" / "zipkin"))
from peer import Pair, ZipkinServer, by_text  # noqa: E402
from traces import KINDS, MINUTE_US, handmade, made_up  # noqa: E402

# Both keep what is recent only.
START_US = (int(time.time()) // 3600 - 6) * 3600 * 1_000_000
MADE_UP_US = START_US + len(KINDS) * MINUTE_US
MADE_UP = 120
KEYS = "http.method,http.path,kafka.topic"
HANDMADE = handmade(START_US)
CASES = [make.__name__.strip("_") for make in KINDS]


@pytest.fixture(scope="module", params=["strict", "lenient"])
def pair(request, tmp_path_factory):
    strict = str(request.param == "strict").lower()
    settings = [f"--zipkin-strict-trace-id={strict}", f"--zipkin-autocomplete-keys={KEYS}"]
    environment = {"STRICT_TRACE_ID": strict, "AUTOCOMPLETE_KEYS": KEYS}
    directory = tmp_path_factory.mktemp("pair")
    with (
        ZipkinServer(directory, **environment) as zipkin,
        Clew("store", directory, *settings) as clew,
    ):
        pair = Pair(clew, zipkin)
        for trace in HANDMADE:
            pair.send(trace)
        pair.send([span for trace in made_up(1, MADE_UP, MADE_UP_US) for span in trace])
        yield pair


def since_start() -> str:
    """All but the traces of test_differences."""
    return f"&lookback={int(time.time() * 1000) - START_US // 1000 + 60_000}"


@pytest.mark.parametrize("number", range(len(KINDS)), ids=CASES)
def test_a_trace(pair, number):
    clew, zipkin = pair.ask_json(f"/trace/{HANDMADE[number][0]['traceId']}")
    assert by_text(clew) == by_text(zipkin)


def test_made_up_traces(pair):
    ids = [trace[0]["traceId"] for trace in made_up(1, MADE_UP, MADE_UP_US)]
    clew, zipkin = pair.ask_json(f"/traceMany?traceIds={','.join(ids)}")
    assert by_text(map(by_text, clew)) == by_text(map(by_text, zipkin))


def test_names(pair):
    services, expected = pair.ask_json("/services")
    assert services == expected
    for service in [*services, "FRONT", "nobody"]:
        for kind in ("spans", "remoteServices"):
            clew, zipkin = pair.ask_json(f"/{kind}?serviceName={service}")
            assert clew == zipkin, (service, kind)


def test_autocompletion(pair):
    keys, expected = pair.ask_json("/autocompleteKeys")
    assert keys == expected == KEYS.split(",")
    for key in [*keys, "sql.query"]:
        clew, zipkin = pair.ask_json(f"/autocompleteValues?key={key}")
        assert clew == zipkin, key


def test_dependencies_of_each_trace(pair):
    for number in range(len(KINDS) + MADE_UP):
        end = (START_US + (number + 1) * MINUTE_US) // 1000 - 1
        clew, zipkin = pair.ask_json(f"/dependencies?endTs={end}&lookback=59000")
        assert by_text(clew) == by_text(zipkin), number


def test_dependencies_of_all_traces(pair):
    clew, zipkin = pair.ask_json(f"/dependencies?endTs={int(time.time() * 1000)}{since_start()}")
    assert by_text(clew) == by_text(zipkin)


SEARCHES = [
    "",
    "limit=3",
    "serviceName=front",
    "serviceName=FRONT&limit=5",
    "serviceName=back&spanName=query",
    "spanName=get",
    "spanName=all&limit=4",
    "remoteServiceName=db",
    "serviceName=front&remoteServiceName=back",
    "serviceName=front&remoteServiceName=Kafka",
    "annotationQuery=error",
    "annotationQuery=error=late",
    "annotationQuery=error=true",
    "annotationQuery=error=false",
    "annotationQuery=ws",
    "annotationQuery=ws%20and%20http.path=/api",
    "serviceName=back&annotationQuery=http.path",
    "annotationQuery=http.method=GET%20and%20nothing",
    "annotationQuery=kafka.topic=orders",
    "annotationQuery=late=yes",
    "minDuration=300000",
    "minDuration=50000&maxDuration=60000",
    "serviceName=db&minDuration=100",
    "serviceName=nobody",
]


@pytest.mark.parametrize("search", SEARCHES)
def test_searches(pair, search):
    for window in (since_start(), f"&endTs={(MADE_UP_US - 1) // 1000}&lookback=3600000"):
        limit = "" if "limit" in search else "&limit=1000"
        clew, zipkin = pair.ask_json(f"/traces?{search}{limit}{window}")
        assert [by_text(trace) for trace in clew] == [by_text(trace) for trace in zipkin]


BAD = [
    *("/spans", "/spans?serviceName=", "/remoteServices", "/nothing"),
    *(f"/traces?{name}={value}" for name in ("limit", "endTs", "lookback", "minDuration")
      for value in ("0", "-1", "x", "1.5", "99999999999999999999")),
    *("/traces?limit=99999999999", "/traces?limit=2147483647", "/traces?endTs=9223372036854775807"),
    *("/traces?limit=", "/traces?endTs=", "/traces?lookback="),
    *("/traces?maxDuration=5", "/traces?minDuration=5&maxDuration=4"),
    *("/trace/xyz", "/trace/", "/trace/1", "/trace/ABC", f"/trace/{'1' * 33}", "/trace/0"),
    *("/traceMany", "/traceMany?traceIds=", "/traceMany?traceIds=1", "/traceMany?traceIds=1,1"),
    *("/traceMany?traceIds=1,2", "/traceMany?traceIds=1,", "/traceMany?traceIds=1,,2"),
    *("/traceMany?traceIds=1,x", "/traceMany?traceIds=0,1", "/traceMany?traceIds=,"),
    *("/dependencies", "/dependencies?endTs="),
    *(f"/dependencies?endTs={value}" for value in ("0", "-1", "x")),
    *(f"/dependencies?endTs=1&lookback={value}" for value in ("0", "-1", "x")),
    *("/autocompleteValues", "/autocompleteValues?key=", "/autocompleteValues?key=nothing"),
]  # fmt: skip


@pytest.mark.parametrize("path", BAD)
def test_wrong_input(pair, path):
    clew, zipkin = pair.ask(path)
    assert clew.status_code == zipkin.status_code, (clew.text, zipkin.text)


ODD = {"serviceName": "odd"}
# What is sent beside IDs, a time and a service; what Zipkin and what Clew says of it.
DIFFERENCES = {
    "capitals beyond ASCII stay": (
        {"name": "ÄB"}, {"name": "äb"}, {"name": "Äb"},
    ),
    "what is no IP address is a tag": (
        {"remoteEndpoint": {"ipv4": "db.internal"}},
        {},
        {"tags": {"net.peer.ip": "db.internal"}},
    ),
    "addresses are not rewritten": (
        {"remoteEndpoint": {"ipv6": "::ffff:10.0.0.9"}},
        {"remoteEndpoint": {"ipv4": "10.0.0.9"}},
        {"remoteEndpoint": {"ipv6": "::ffff:10.0.0.9"}},
    ),
    "a kind that only a tag says is a kind": (
        {"tags": {"span.kind": "client"}}, {"tags": {"span.kind": "client"}}, {"kind": "CLIENT"},
    ),
    "a status without an error is given one": (
        {"tags": {"otel.status_code": "ERROR"}},
        {"tags": {"otel.status_code": "ERROR"}},
        {"tags": {"otel.status_code": "ERROR", "error": "true"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENCES)
def test_differences(pair, name):
    sent, zipkins, clews = DIFFERENCES[name]
    number = 0xD0 + list(DIFFERENCES).index(name)
    # Before the others, so that no other test sees it.
    usual = {"traceId": f"{number:016x}", "id": f"{number:016x}", "localEndpoint": ODD,
             "timestamp": START_US - 3600_000_000}  # fmt: skip
    pair.send([usual | sent])
    (clew,), (zipkin,) = pair.ask_json(f"/trace/{number:016x}")
    assert zipkin == usual | zipkins
    assert clew == usual | clews


def test_a_tag_peer_service_names_a_service(pair):
    """As OpenTelemetry means it; a remote endpoint beside it comes back all the same."""
    span = {"traceId": "00000000000000df", "id": "00000000000000df", "localEndpoint": ODD,
            "timestamp": START_US - 3600_000_000, "remoteEndpoint": {"serviceName": "field"},
            "tags": {"peer.service": "tag"}}  # fmt: skip
    pair.send([span])
    assert pair.ask_json("/trace/00000000000000df") == ([span], [span])
    assert pair.ask_json("/remoteServices?serviceName=odd") == (["tag"], ["field"])
