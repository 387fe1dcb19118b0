"""For tests: the JSON that Jaeger's API would answer for a trace that is exactly as expected."""

from __future__ import annotations

from typing import Any

from expected import Hop

Json = dict[str, Any]


def body_of(hop: Hop, trace_id: str) -> Json:
    """One span for each hop, numbered depth first, each starting 10 us after the one before."""
    spans: list[Json] = []
    processes: Json = {}

    def add(one: Hop, parent: str | None) -> None:
        number = len(spans) + 1
        span_id = f"{number:016x}"
        references = [{"refType": "CHILD_OF", "traceID": trace_id, "spanID": parent}]
        processes[f"p{number}"] = {"serviceName": one.service, "tags": _tags(one.process_tags)}
        spans.append({
            "traceID": trace_id, "spanID": span_id, "processID": f"p{number}",
            "operationName": one.operation or "chosen by the SDK",
            "references": references if parent else [],
            "startTime": 1_700_000_000_000_000 + 10 * number, "duration": 1000,
            "tags": _tags({"span.kind": one.kind, **one.tags}),
        })
        for child in one.children:
            add(child, span_id)

    add(hop, None)
    return {"data": [{"traceID": trace_id, "spans": spans, "processes": processes}]}


def spans_in(body: Json) -> list[Json]:
    return body["data"][0]["spans"]


def _tags(values: dict[str, str]) -> list[Json]:
    return [{"key": key, "type": "string", "value": value} for key, value in values.items()]
