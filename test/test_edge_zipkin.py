"""Proxies whose tracer is Zipkin's, in a mesh that speaks W3C."""

from __future__ import annotations

import contextlib

import pytest

from hops import PARENT, TRACE, Hops, new_trace_id, traceparent

FUTURE = f"cc-{TRACE}-{PARENT}-01-what-the-future-will-be-like"


@pytest.fixture(scope="module")
def hops(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Hops(tmp_path_factory.mktemp("hops"), stack)


@pytest.mark.parametrize("theirs", ["garbage", FUTURE], ids=["garbage", "future"])
def test_zipkin_begins_a_trace_where_it_cannot_read_one(hops, theirs):
    """Zipkin + garbage traceparent (dual mode): new trace."""
    got = hops.ask("zip", ("traceparent", theirs))
    (span,) = hops.zipkin.wait_for(got.path)
    assert span["kind"] == "SERVER" and "parentId" not in span
    assert span["traceId"] == got.app["x-b3-traceid"] == got.trace_id != TRACE
    assert got.app["traceparent"] == f"00-{span['traceId']}-{span['id']}-01"
    assert got.app["x-b3-sampled"] == "1"


def test_zipkin_joins_a_trace_of_the_w3c(hops):
    """Zipkin + traceparent ..-01: joins, as the hops before it speak W3C."""
    trace_id = new_trace_id()
    got = hops.ask("zip", ("traceparent", traceparent("01", trace_id)))
    (span,) = hops.zipkin.wait_for(got.path)
    assert (span["traceId"], span["parentId"]) == (trace_id, PARENT)
    assert got.app["traceparent"] == f"00-{trace_id}-{span['id']}-01"


def test_zipkin_exports_nothing_of_an_unsampled_trace(hops):
    """Zipkin + traceparent ..-00: x-b3-sampled 0."""
    trace_id = new_trace_id()
    got = hops.ask("zip", ("traceparent", traceparent("00", trace_id)))
    assert (got.app["x-b3-sampled"], got.sampled, got.trace_id) == ("0", False, trace_id)
    hops.zipkin.wait_for(hops.ask("zip").path)
    assert not hops.zipkin.of(got.path)


def test_a_zipkin_edges_own_headers_end_at_the_next_hop(hops):
    """The app would get x-b3-* of the edge: the hops between speak W3C only."""
    hops.plane.apply(hops.zipkin_of("edge-ams"))
    try:
        hops.plane.wait_until_online("edge-ams")
        got = hops.ask("edge")
        spans = hops.zipkin.wait_for(got.path)
        assert {span["traceId"] for span in spans} == {got.trace_id} and got.sampled
        assert not [name for name in got.app if name.lower().startswith(("x-b3-", "b3"))]
        # A debug token counts more than any sampling, whoever the tracer is.
        hops.plane.apply(hops.zipkin_of("edge-ams", sampling={"overall": 0}))
        hops.plane.wait_until_online("edge-ams")
        assert not hops.ask("edge").sampled
        token = hops.plane.cli("debug-token", "shop.test").strip()
        got = hops.ask("edge", ("x-clew-debug", token))
        assert got.sampled and got.answer["x-trace-id"] == got.trace_id
        for span in hops.zipkin.wait_for(got.path):
            assert (span["traceId"], span["tags"]["sampling.priority"]) == (got.trace_id, "1")
    finally:
        hops.plane.apply(hops.trace_of("edge-ams"))
        hops.plane.wait_until_online("edge-ams")
