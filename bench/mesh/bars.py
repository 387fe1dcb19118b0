"""The bars that the control plane has set itself."""

from __future__ import annotations

from collections.abc import Callable

import rows
from judging import Bar


def _of(name: str, key: str, scale: float = 1) -> Callable[[dict], float | None]:
    def value(row: dict) -> float | None:
        found = row.get(key) if row["row"] == name else None
        return None if found is None else found * scale

    return value


def _of_row(name: str) -> list[Bar]:
    return {
        "endpoint": [
            Bar("endpoint change → ACK: p99 ms", "changes", _of("endpoint", "p99_ms"), 300),
            Bar("endpoint change: resources beside it", "changes", _of("endpoint", "stray"), 0),
        ],
        "timeout": [Bar("timeout of requests → all have ACKed: ms", "changes",
                        _of("timeout", "until_all_ms"), 2000)],
        "connect": [Bar("timeout of connections → all have ACKed: ms", "changes",
                        _of("connect", "until_all_ms"), 2000)],
        "tag": [Bar("tag of all spans → all have ACKed: ms", "changes",
                    _of("tag", "until_all_ms"), 2000)],
        "toggle": [Bar("tracing of an app → ACK of edges: p99 ms", "changes",
                       _of("toggle", "p99_ms"), 100)],
        rows.REFUSE: [Bar("refused by others than who was told to", "events",
                          _of(rows.REFUSE, "refused_wrongly"), 0)],
        rows.RECONNECT: [
            Bar("kill -9 → all are back: s", "events", _of(rows.RECONNECT, "settled_s"), 15),
            Bar("kill -9 → real Envoys, too: s", "events", _of(rows.RECONNECT, "real_s"), 15),
            Bar("resources sent again after it", "events", _of(rows.RECONNECT, "sent_again"), 0),
        ],
        rows.COLD: [],
    }[name]


def _of_real(what: str, key: str) -> list[Bar]:
    return [Bar(f"{what}, {when}", part, lambda row: row.get(key), 0)
            for part, when in (("changes", "changes"), ("events", "else"))]


_ALWAYS = [
    Bar("memory per connected proxy: kB", "events", _of("connect", "kib_per_proxy", 1.024), 100),
    Bar("clusters that waited in vain for endpoints", "changes", lambda row: row.get("stalls"), 0),
    *_of_real("real Envoys: updates refused", "rejected"),
    *_of_real("real Envoys: types of which they have something else", "disagreeing"),
    *_of_real("real Envoys: waited in vain", "timed_out"),
]


def of(names: list[str]) -> list[Bar]:
    """Those that rows of these names are held against."""
    return [bar for name in names for bar in _of_row(name)] + _ALWAYS
