"""The mesh that is measured: three edges and four core locations in a lab, as far from each other
as in the world."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import sys
from collections.abc import Iterator

REPO = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(REPO / "test"))

from mesh import policy  # noqa: E402
from netlab.mesh_lab import RETRIES, MeshLab  # noqa: E402

EDGES = {"ams": (52.4, 4.9), "nyc": (40.7, -74.0), "sin": (1.35, 103.8)}
CORES = {"fra": (50.1, 8.7), "was": (38.9, -77.0), "tyo": (35.7, 139.7), "syd": (-33.9, 151.2)}
# Milliseconds one way; a round trip is twice that.
DELAYS = {
    ("ams", "fra"): 5, ("ams", "was"): 42, ("ams", "tyo"): 115, ("ams", "syd"): 135,
    ("nyc", "fra"): 41, ("nyc", "was"): 4, ("nyc", "tyo"): 80, ("nyc", "syd"): 100,
    ("sin", "fra"): 80, ("sin", "was"): 110, ("sin", "tyo"): 35, ("sin", "syd"): 46,
}  # fmt: skip
JITTER = 0.1
HOT = "hot"  # the service with a capacity
HOT_CAPACITY = 60.0  # requests per second of its one instance in each core location


def by_nearness(edge: str) -> list[str]:
    """The core locations in the order in which the edge should use them."""
    return sorted(CORES, key=lambda core: DELAYS[edge, core])


@dataclasses.dataclass(frozen=True)
class Size:
    services: int
    rate: float  # requests per second, at all edges together


@contextlib.contextmanager
def mesh_lab(directory: pathlib.Path, size: Size, sampling: float) -> Iterator[MeshLab]:
    """All services run in all core locations; `sampling` percent of the requests are traced."""
    services = [f"app-{number}" for number in range(size.services - 1)] + [HOT]
    capacity = {"selector": {"dataplaneTags": {"kuma.io/service": HOT}},
                "capacity": {"requestsPerSecond": HOT_CAPACITY}}
    with MeshLab(
        directory, edges=EDGES, cores=CORES, services=services, delays=DELAYS, jitter=JITTER,
        tracing={"sampling": {"overall": sampling}},
        more=[RETRIES, policy("MeshService", HOT, **capacity)],
    ) as world:
        yield world
