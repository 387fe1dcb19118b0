"""The query APIs asked: the same question as each of them wants it, and how to read its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import urlencode

LIMIT = 20


@dataclass
class Question:
    """A search. Times in microseconds since 1970; `where` in Clew's own syntax."""

    start: int
    end: int
    service: str = ""
    operation: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    where: list[str] = field(default_factory=list)
    min_duration: str = ""
    max_duration: str = ""


def clew_search(question: Question) -> str:
    """Clew's own: summaries of traces."""
    parameters = [("limit", str(LIMIT)), ("start", str(question.start)), ("end", str(question.end))]
    parameters += [("service", question.service)] if question.service else []
    parameters += [("operation", question.operation)] if question.operation else []
    parameters += [("tag", f"{key}={value}") for key, value in question.tags.items()]
    parameters += [("where", condition) for condition in question.where]
    parameters += [("minDuration", question.min_duration)] if question.min_duration else []
    parameters += [("maxDuration", question.max_duration)] if question.max_duration else []
    return "/api/clew/v1/search?" + urlencode(parameters)


def jaeger_search(question: Question) -> str:
    """Jaeger v1: whole traces. It demands a service."""
    parameters = {"service": question.service or "edge", "limit": LIMIT,
                  "start": question.start, "end": question.end}
    if question.operation:
        parameters["operation"] = question.operation
    if question.tags:
        parameters["tags"] = json.dumps(question.tags)
    return "/api/traces?" + urlencode(parameters)


def zipkin_search(question: Question) -> str:
    """Zipkin v2: whole traces; times are in milliseconds."""
    parameters = {"limit": LIMIT, "endTs": question.end // 1000,
                  "lookback": max((question.end - question.start) // 1000, 1)}
    if question.service:
        parameters["serviceName"] = question.service
    if question.operation:
        parameters["spanName"] = question.operation
    if question.tags:
        parameters["annotationQuery"] = " and ".join(f"{k}={v}" for k, v in question.tags.items())
    return "/api/v2/traces?" + urlencode(parameters)


def read_clew(body: bytes) -> tuple[int, bool]:
    """How many traces were found and whether the answer says that it is complete."""
    answer = json.loads(body)
    return len(answer["traces"]), answer["complete"]


def read_jaeger(body: bytes) -> tuple[int, bool]:
    answer = json.loads(body)
    return len(answer["data"] or ()), not answer.get("errors")


def read_zipkin(body: bytes) -> tuple[int, bool]:
    return len(json.loads(body)), True


def spans_of_clew(body: bytes) -> tuple[int, bool]:
    """How many spans the trace asked for by its ID has, and whether it is complete."""
    answer = json.loads(body)
    return len(answer["spans"]), answer["complete"]


def spans_of_jaeger(body: bytes) -> tuple[int, bool]:
    answer = json.loads(body)
    traces = answer["data"] or ()
    return sum(len(trace["spans"]) for trace in traces), not answer.get("errors")


@dataclass(frozen=True)
class Dialect:
    name: str
    trace: str  # path in front of a trace's ID
    search: object  # Question -> path
    read_trace: object  # body -> (spans, complete)
    read_search: object  # body -> (traces, complete)


CLEW = Dialect("clew", "/api/clew/v1/traces/", clew_search, spans_of_clew, read_clew)
JAEGER = Dialect("jaeger", "/api/traces/", jaeger_search, spans_of_jaeger, read_jaeger)
ZIPKIN = Dialect("zipkin", "/api/v2/trace/", zipkin_search, read_zipkin, read_zipkin)
# What a server is asked in; its own first.
SPOKEN = {"clew": (CLEW, JAEGER), "jaeger": (JAEGER,), "zipkin": (ZIPKIN,)}
