"""What a control plane is measured at once its proxies are connected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import world

CONFIGURATION = ("runtime", "cluster", "endpoint", "listener", "route", "host")  # not secrets


@dataclass(frozen=True)
class Row:
    """A kind of change that is made again and again."""

    name: str
    what: str
    change: Callable[[world.Size, int], dict]  # the resource of the nth
    told: Callable[[world.Size, int], int]  # how many proxies have to hear of the nth, at least
    repeats: str  # the option that says how often
    # Whose times count: kinds, as clew_mesh_clients tells them apart; all if empty.
    kinds: tuple[str, ...] = ()
    # What it may consist of; all if empty.
    types: tuple[str, ...] = ()


def _everyone(size: world.Size, _: int) -> int:
    return size.proxies - len(moved(size))


def moved(size: world.Size) -> list[int]:
    """Sidecars whose address changes, a service each. They are not connected: where an app has
    moved its old Envoy is gone."""
    return list(range(min(100, size.services // 5)))


def _move(size: world.Size, nth: int) -> dict:
    sidecars = moved(size)
    sidecar, times = sidecars[nth % len(sidecars)], nth // len(sidecars)
    return world.sidecar(size, sidecar, world.PORT + 1 + times)


def _told_of_move(size: world.Size, nth: int) -> int:
    sidecars = moved(size)
    gone = {f"sidecar-{one}" for one in sidecars}
    return len(set(size.told_of(sidecars[nth % len(sidecars)])) - gone)


def _toggle(size: world.Size, nth: int) -> dict:
    """Each service is traced less, and then more again."""
    return world.toggle(nth // 2 * 7 % size.services, (10, 100)[nth % 2])


ROWS = [
    Row("endpoint", "an endpoint moves", _move, _told_of_move, "moves", types=("endpoint",)),
    Row("timeout", "timeout of all requests: routes of all",
        lambda _, nth: world.request_timeout(16 + nth), _everyone, "policies"),
    Row("clusters", "timeout of all connections: clusters of all",
        lambda _, nth: world.connection_timeout(6 + nth), _everyone, "policies"),
    Row("tag", "tag of all spans: listeners of all",
        lambda _, nth: world.tracing(f"r{nth}"), _everyone, "policies"),
    Row("toggle", "tracing of an app, on edges", _toggle, lambda size, _: size.edges, "toggles",
        kinds=("gateway-edge",)),
]
RECONNECT, COLD, REFUSE = "reconnect", "cold", "refuse"
NAMES = [*(row.name for row in ROWS), REFUSE, RECONNECT, COLD]


@dataclass
class Seen:
    """What became of the changes of one row, so far."""

    ms: list[float] = field(default_factory=list)  # from the request to a proxy's last answer
    until_all_ms: list[float] = field(default_factory=list)  # of each change, to the last of those
    real_ms: list[float] = field(default_factory=list)  # of real Envoys, by their own clocks
    proxies: int = 0
    resources: int = 0
    stray: int = 0  # resources of types that the change should not have touched
    bytes: int = 0
    stalls: int = 0
    cpu_s: float = 0
    clients_cpu_s: float = 0

    def add(self, row: Row, report: dict, times_ms: dict[str, list[float]]) -> None:
        ms = [one for kind, all_ms in times_ms.items() if not row.kinds or kind in row.kinds
              for one in all_ms]
        self.ms += ms
        self.until_all_ms.append(max(ms))
        self.proxies += report["proxies"]
        self.stalls += report["stalls"]
        for kind, one in report["types"].items():
            self.resources += one["resources"]
            self.bytes += one["bytes"]
            if row.types and kind not in row.types:
                self.stray += one["resources"] + one["removed"]


def sent_again(report: dict) -> int:
    """Resources that nobody lacked, secrets aside: those are made anew by every process."""
    return sum(report["types"][kind]["resources"] for kind in CONFIGURATION)


def sent(report: dict) -> dict[str, int]:
    types = report["types"].values()
    return {"resources": sum(one["resources"] for one in types),
            "bytes": sum(one["bytes"] for one in types)}
