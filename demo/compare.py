"""Compares the spans of a trace with the expected tree, and draws both when they differ."""

from __future__ import annotations

from dataclasses import dataclass

from expected import Hop
from spans import Span, Trace

_MARK = "   <-- here"


@dataclass(frozen=True)
class Difference:
    """The first thing that is wrong with a trace: at which hop, what was expected, what is there.

    `span` and `missing` are the places for the pictures, where there are such.
    """

    hop: str
    expected: str
    found: str
    span: Span | None = None
    missing: Hop | None = None

    def __str__(self) -> str:
        return f"at {self.hop}: expected {self.expected}, found {self.found}"


def compare(expected: Hop, trace: Trace, trace_id: str) -> Difference | None:
    """None when the trace is exactly the expected tree: no hop missing, foreign or misplaced."""
    if trace.trace_id != trace_id:
        return Difference("the trace", f"ID {trace_id} as in x-trace-id", trace.trace_id)
    if len(trace.roots) != 1:
        names = ", ".join(_label(root) for root in trace.roots) or "none"
        return Difference("the root", f"one root, {expected.label}", names)
    difference = _compare_hop(expected, trace.roots[0])
    if difference:
        return difference
    if trace.orphans:
        orphan = trace.orphans[0]
        return Difference(_label(orphan), "a parent in this trace",
                          f"a parent ({orphan.parent_id}) that is not there", orphan)
    wanted = len(expected.walk())
    if trace.span_count != wanted:  # spans that hang on none of the above: a ring, or one ID twice
        return Difference("the trace", f"{wanted} spans", f"{trace.span_count}")
    return None


def _compare_hop(expected: Hop, span: Span) -> Difference | None:
    here = expected.label
    if (span.service, span.kind) != (expected.service, expected.kind):
        return Difference(here, here, _label(span), span, expected)
    if expected.operation is not None and span.operation != expected.operation:
        return Difference(here, f"the operation {expected.operation!r}", repr(span.operation), span)
    difference = (_compare_tags("tag", expected.tags, span.tags, here, span)
                  or _compare_tags("resource attribute", expected.process_tags, span.process_tags,
                                   here, span))
    if difference:
        return difference
    for index, child in enumerate(expected.children):
        if index >= len(span.children):
            return Difference(here, f"the child {child.label}", "nothing", span, child)
        difference = _compare_hop(child, span.children[index])
        if difference:
            return difference
    if len(span.children) > len(expected.children):
        extra = span.children[len(expected.children)]
        return Difference(here, "no further child", _label(extra), extra)
    return None


def _compare_tags(what: str, expected: dict[str, str], found: dict[str, object], here: str,
                  span: Span) -> Difference | None:
    for key, value in expected.items():
        if found.get(key) != value:
            is_there = repr(found[key]) if key in found else f"no such {what}"
            return Difference(here, f"the {what} {key} = {value!r}", is_there, span)
    return None


def _label(span: Span) -> str:
    where = span.tags.get("node") or span.process_tags.get("service.instance.id") or "?"
    return f"{span.service} {span.kind.upper()} [{where}]"


def draw_expected(hop: Hop, difference: Difference | None = None, indent: str = "") -> list[str]:
    """The expected tree, one line for each hop; the one that is missing is marked."""
    mark = _MARK if difference and hop is difference.missing else ""
    lines = [f"{indent}{hop.label} {hop.operation or ''}".rstrip() + mark]
    for child in hop.children:
        lines += draw_expected(child, difference, indent + "  ")
    return lines


def draw_found(trace: Trace | None, difference: Difference | None = None) -> list[str]:
    """The tree of a trace as it was read, what hangs nowhere included; the odd one is marked."""
    if trace is None:
        return ["nothing: the store does not know this trace"]
    lines: list[str] = []
    for root in trace.roots:
        lines += _draw_span(root, difference, "")
    for orphan in trace.orphans:
        lines.append(f"?? a parent {orphan.parent_id} that is not there")
        lines += _draw_span(orphan, difference, "  ")
    drawn = sum(len(top.walk()) for top in trace.roots + trace.orphans)
    if drawn != trace.span_count:
        lines.append(f"?? and {trace.span_count - drawn} spans that hang on none of these")
    return lines


def _draw_span(span: Span, difference: Difference | None, indent: str) -> list[str]:
    mark = _MARK if difference and span is difference.span else ""
    lines = [f"{indent}{_label(span)} {span.operation} ({span.duration_us} us){mark}"]
    for child in span.children:
        lines += _draw_span(child, difference, indent + "  ")
    return lines
