"""Reads the answer of GET /api/clew/v1/traces/{id}/columns, as docs/trace-columns.md draws it."""

from __future__ import annotations

import dataclasses
import struct

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")


@dataclasses.dataclass(frozen=True)
class Row:
    depth: int
    service: str
    name: str
    kind: str
    start_ns: int  # since 1970
    duration_ns: int
    flags: int


def read(answer: bytes) -> tuple[dict, list[Row]]:
    """The header and the rows; fails on what is not in the format."""
    magic, version, trace_id = struct.unpack_from("<4sI16s", answer)
    start, duration, tick = struct.unpack_from("<3Q", answer, 24)
    spans, operations, names, services, complete, zero = struct.unpack_from("<6I", answer, 48)
    assert (magic, version, zero) == (b"CLWC", 1, 0)

    def section(number: int) -> bytes:
        offset, size = struct.unpack_from("<2I", answer, 72 + 8 * number)
        assert offset % 8 == 0 and offset + size <= len(answer)
        return answer[offset : offset + size]

    def numbers(number: int, count: int, form: str = "I") -> tuple[int, ...]:
        return struct.unpack(f"<{count}{form}", section(number))

    def texts(number: int, count: int) -> list[str]:
        ends, text = numbers(number, count), section(number + 1)
        return [text[a:b].decode() for a, b in zip((0, *ends), ends, strict=False)]

    name_texts, service_texts = texts(8, names), texts(10, services)
    table = [
        (service_texts[service], name_texts[name], KINDS[kind])
        for name, service, kind in zip(
            numbers(5, operations), numbers(6, operations), numbers(7, operations, "B"), strict=True
        )
    ]
    rows, at = [], 0
    for step, ticks, depth, operation, flags in zip(
        numbers(0, spans, "i"), numbers(1, spans), numbers(2, spans), numbers(3, spans),
        numbers(4, spans, "B"), strict=True,
    ):  # fmt: skip
        at += step
        rows.append(Row(depth, *table[operation], start + at * tick, ticks * tick, flags))
    head = {"traceId": trace_id.hex(), "startNs": start, "durationNs": duration,
            "complete": bool(complete)}  # fmt: skip
    return head, rows
