"""Faults that can be switched on while the demo runs: the services read them from one file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from settings import DemoError
from topology import CORES, SERVICES

HELP = """\
clew-demo fault errors was            payments answers half of its requests with 500, only in was
clew-demo fault errors was checkout   the same for another service
clew-demo fault slow inventory        inventory takes 800 ms instead of a few, everywhere
clew-demo fault slow inventory 300 fra   300 ms, only in fra
clew-demo fault off                   all of them off
clew-demo fault show                  what is on now"""

ERROR_SHARE = 0.5
DEFAULT_DELAY_MS = 800

Fault = dict[str, Any]


def parse(words: list[str]) -> Fault:
    """What `fault errors …` or `fault slow …` says; DemoError tells what is wrong with it."""
    kind, rest = words[0], words[1:]
    if kind == "errors" and 1 <= len(rest) <= 2:
        return {"kind": "errors", "core": _core(rest[0]), "share": ERROR_SHARE,
                "service": _service(rest[1] if len(rest) == 2 else "payments")}
    if kind == "slow" and 1 <= len(rest) <= 3:
        return {"kind": "slow", "service": _service(rest[0]),
                "delay_ms": _milliseconds(rest[1]) if len(rest) > 1 else DEFAULT_DELAY_MS,
                "core": _core(rest[2]) if len(rest) > 2 else None}
    raise DemoError(f"no such fault: {' '.join(words)}. These exist:\n{HELP}")


def load(path: Path) -> list[Fault]:
    """The faults that are on; none when the file is not there."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return []


def add(path: Path, fault: Fault) -> list[Fault]:
    """Switches a fault on; one of the same kind, service and place is replaced."""
    same = ("kind", "service", "core")
    kept = [one for one in load(path) if any(one[key] != fault[key] for key in same)]
    save(path, [*kept, fault])
    return load(path)


def save(path: Path, faults: list[Fault]) -> None:
    """Replaces the file at once: a service reads the old faults or the new ones, never half."""
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(faults))
    os.replace(draft, path)


def describe(fault: Fault) -> str:
    where = f"in {fault['core']}" if fault["core"] else "everywhere"
    if fault["kind"] == "errors":
        return f"errors: {fault['service']} fails {fault['share']:.0%} of its requests {where}"
    return f"slow: {fault['service']} takes about {fault['delay_ms']} ms {where}"


def _core(word: str) -> str:
    names = [core.name for core in CORES]
    if word not in names:
        raise DemoError(f"there is no core location {word}; these exist: {', '.join(names)}")
    return word


def _service(word: str) -> str:
    names = [service.name for service in SERVICES]
    if word not in names:
        raise DemoError(f"there is no service {word}; these exist: {', '.join(names)}")
    return word


def _milliseconds(word: str) -> int:
    if not word.isdigit() or not 0 < int(word) <= 10_000:
        raise DemoError(f"{word} is not a delay: say 1 to 10000 milliseconds")
    return int(word)
