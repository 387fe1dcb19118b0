"""Requests that an app sends through its sidecar: they enter the mesh there, and what the app says
of them must neither hide nor spoil their spans."""

from __future__ import annotations

import contextlib
import uuid

import pytest

from hops import Hops, new_trace_id, traceparent

NO_TEXT = "\xff\xfe"


@pytest.fixture(scope="module")
def hops(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Hops(tmp_path_factory.mktemp("hops"), stack)


def test_no_app_can_make_a_collector_refuse_its_sidecars_spans(hops):
    for theirs, told in ((NO_TEXT, "unreadable"), ("app/1 (x) " + "y" * 600, None)):
        got = hops.ask("outbound", ("user-agent", theirs), host="plain")
        (span,) = hops.trace(got.trace_id, 1)
        told = told or theirs[:512]
        assert (span.tags["user_agent"], got.app["user-agent"]) == (told, told)
    for header in ("x-client-trace-id", "x-envoy-downstream-service-cluster"):
        got = hops.ask("outbound", (header, NO_TEXT), host="plain")
        hops.trace(got.trace_id, 1)
    assert hops.ask("outbound", host="plain").app["user-agent"] is None


APPS_OWN = ["order 66", "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "x" * 36, "a" * 32, "1"]


@pytest.mark.parametrize("theirs", APPS_OWN)
def test_an_app_may_name_its_requests_as_it_likes(hops, theirs):
    """Where its requests enter the mesh, their x-request-id is put aside until they leave it."""
    for flags, sampled in (("01", True), ("00", False)):
        trace_id = new_trace_id()
        headers = ("x-request-id", theirs), ("traceparent", traceparent(flags, trace_id))
        got = hops.ask("outbound", *headers, ("x-mesh-request-id", "a lie"), host="plain")
        assert (got.app["x-request-id"], got.app["x-mesh-request-id"]) == (theirs, None)
        assert (got.trace_id, got.sampled) == (trace_id, sampled)
        if sampled:
            hops.trace(trace_id, 1)
        else:
            hops.assert_nothing_of(got, trace_id)
    unnamed = hops.ask("outbound", host="plain").app["x-request-id"]
    assert uuid.UUID(unnamed).version == 9  # by which Envoys tell that it is sampled


def test_what_leaves_the_mesh_has_the_name_that_the_app_gave_it(hops):
    trace_id = new_trace_id()
    context = ("traceparent", traceparent("01", trace_id))
    got = hops.ask("away", ("x-request-id", "order 66"), context, host="straight")
    assert got.app["x-request-id"] == "order 66"
    hops.trace(trace_id, 1)
    assert uuid.UUID(hops.ask("away", host="straight").app["x-request-id"]).version == 9
