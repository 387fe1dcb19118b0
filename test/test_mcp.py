"""The MCP server, as an assistant's official SDK meets it."""

from __future__ import annotations

import asyncio

import pytest
from mcp import Client
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from otlp_requests import request

TOOLS = {
    "find_error_roots",
    "get_dependencies",
    "get_trace",
    "list_operations",
    "list_services",
    "search_traces",
}


def tracer_of(store, service: str) -> trace.Tracer:
    provider = TracerProvider(resource=Resource({"service.name": service}))
    exporter = OTLPSpanExporter(f"http://127.0.0.1:{store.otlp_http}/v1/traces")
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider.get_tracer("test")


@pytest.fixture(scope="module")
def failed(all_in_one) -> list[str]:
    """The IDs of three traces shop → payment, whose payment failed."""
    shop, payment = tracer_of(all_in_one, "shop"), tracer_of(all_in_one, "payment")
    ids = []
    for _ in range(3):
        with shop.start_as_current_span("GET /cart", kind=trace.SpanKind.SERVER) as root:
            with payment.start_as_current_span("charge", kind=trace.SpanKind.SERVER) as child:
                child.set_attribute("http.response.status_code", 503)
                child.set_status(trace.StatusCode.ERROR, "card refused")
            root.set_status(trace.StatusCode.ERROR)
            ids.append(f"{root.get_span_context().trace_id:032x}")
    for trace_id in ids:
        all_in_one.wait_for_trace(trace_id, 2)
    return ids


def with_client(store, talk):
    """The result of `talk(client)`, with the SDK's client connected."""

    async def run():
        async with Client(store.url("/api/mcp")) as client:
            return await talk(client)

    return asyncio.run(asyncio.wait_for(run(), 60))


def call(store, tool: str, **arguments) -> str:
    result = with_client(store, lambda client: client.call_tool(tool, arguments))
    (content,) = result.content
    assert not result.is_error, content.text
    return content.text


def test_the_sdk_finds_tools_that_only_read(all_in_one):
    async def talk(client):
        return client.protocol_version, client.server_info, (await client.list_tools()).tools

    version, info, tools = with_client(all_in_one, talk)
    assert version == "2025-06-18" and info.name == "clew"
    assert {tool.name for tool in tools} == TOOLS
    assert all(tool.annotations.read_only_hint for tool in tools)


def test_from_an_error_to_its_root(all_in_one, failed):
    roots = call(all_in_one, "find_error_roots", service="shop")
    assert '3 x payment: charge 503 "card refused"; traces:' in roots
    assert all(trace_id in roots for trace_id in failed)
    text = call(all_in_one, "get_trace", trace_id=failed[0])
    lines = text.splitlines()
    assert lines[0].startswith(f"trace {failed[0]} started") and "2 spans, 2 failed" in lines[0]
    assert "shop: GET /cart [server] error FAILED" in lines[3]
    assert lines[4].startswith("  +") and "payment: charge [server] 503 FAILED" in lines[4]
    assert lines[5] == "    ! card refused"
    assert "http.response.status_code=503" in lines[6]


def test_searching_and_listing(all_in_one, failed):
    found = call(all_in_one, "search_traces", service="payment", error=True, since="10m")
    assert [line.split()[0] for line in found.splitlines()[1:]] == failed[::-1]
    by_attribute = {"http.response.status_code": 503}
    assert failed[0] in call(all_in_one, "search_traces", attributes=by_attribute)
    assert "payment" in call(all_in_one, "list_services").splitlines()
    assert call(all_in_one, "list_operations", service="payment") == "charge [server]\n"
    assert "shop -> payment: 3 calls, 3 failed" in call(all_in_one, "get_dependencies")


def test_answers_are_bounded_and_say_so(all_in_one):
    body, trace_id = request(5000, "batch")
    assert all_in_one.otlp(body).status_code == 200
    all_in_one.wait_for_trace(trace_id, 5000)
    text = call(all_in_one, "get_trace", trace_id=trace_id)
    assert "[4900 of 5000 spans left out" in text
    text = call(all_in_one, "get_trace", trace_id=trace_id, max_spans=500)
    assert len(text.encode()) < 20_500 and "[cut: " in text


def test_errors_of_tools_are_told_to_the_assistant(all_in_one):
    result = with_client(
        all_in_one, lambda client: client.call_tool("get_trace", {"trace_id": "1" * 32})
    )
    assert result.is_error and "no trace" in result.content[0].text


def test_a_tenant_sees_its_own(all_in_one, failed):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
               "params": {"name": "list_services", "arguments": {}}}  # fmt: skip
    answer = all_in_one.session.post(
        all_in_one.url("/api/mcp"), json=message, headers={"X-Scope-OrgID": "red"}, timeout=10
    )
    assert answer.json()["result"]["content"][0]["text"] == "no services"
