"""Traces as Clew's Jaeger API tells them: reading them, and hanging their spans into trees."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

import ports
from settings import DemoError
from topology import HOST

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Span:
    """One span; `tags` are its own, `process_tags` those of its resource."""

    span_id: str
    parent_id: str | None
    service: str
    operation: str
    start_us: int
    duration_us: int
    tags: dict[str, Any]
    process_tags: dict[str, Any]
    children: list[Span] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return str(self.tags.get("span.kind", "internal"))

    def walk(self) -> list[Span]:
        """This span and all below it, depth first."""
        return [self] + [deeper for child in self.children for deeper in child.walk()]


@dataclass
class Trace:
    """A trace as it was read: `roots` have no parent, `orphans` name one that is not there."""

    trace_id: str
    roots: list[Span]
    orphans: list[Span]
    span_count: int


class TraceApiError(DemoError):
    """The API answered with something else than traces, or not at all."""


def fetch(trace_id: str, base: str = f"http://{HOST}:{ports.UI}") -> Trace | None:
    """Reads one trace by GET /api/traces/{id}; None while the store does not know it."""
    url = f"{base}/api/traces/{trace_id}"
    try:
        with _opener.open(url, timeout=10) as answer:
            body = json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise TraceApiError(f"{url} answered {error.code}") from error
    except (OSError, ValueError) as error:
        raise TraceApiError(f"{url}: {error}") from error
    return parse(body)


def parse(body: dict[str, Any]) -> Trace | None:
    """Reads Jaeger's JSON of one trace; None when it holds none, TraceApiError if it is not so."""
    try:
        data = body["data"]
        if not data:
            return None
        if len(data) > 1:
            raise TraceApiError(f"asked for one trace, got {len(data)}")
        return _parse_trace(data[0])
    except (KeyError, TypeError, ValueError) as error:
        raise TraceApiError(f"this is not a trace as Jaeger writes it: {error!r}") from error


def _parse_trace(raw: dict[str, Any]) -> Trace:
    spans = [_parse_span(one, raw) for one in raw["spans"]]
    by_id = {span.span_id: span for span in spans}
    roots, orphans = [], []
    for span in spans:
        if span.parent_id is None:
            roots.append(span)
        elif span.parent_id in by_id:
            by_id[span.parent_id].children.append(span)
        else:
            orphans.append(span)
    for span in spans:
        span.children.sort(key=lambda child: child.start_us)
    return Trace(raw["traceID"], roots, orphans, len(spans))


def _parse_span(raw: dict[str, Any], trace: dict[str, Any]) -> Span:
    if raw["traceID"] != trace["traceID"]:
        raise TraceApiError(f"span {raw['spanID']} of trace {trace['traceID']} says that it is "
                            f"of {raw['traceID']}")
    parents = [ref for ref in raw.get("references", []) if ref["refType"] == "CHILD_OF"
               and ref["traceID"] == raw["traceID"]]
    process = trace["processes"][raw["processID"]]
    return Span(
        span_id=raw["spanID"],
        parent_id=parents[0]["spanID"] if parents else None,
        service=process["serviceName"],
        operation=raw["operationName"],
        start_us=raw["startTime"],
        duration_us=raw["duration"],
        tags={tag["key"]: tag["value"] for tag in raw.get("tags", [])},
        process_tags={tag["key"]: tag["value"] for tag in process.get("tags", [])},
    )
