"""How the sites of the demo reach each other: all on loopback, or each a network namespace of the
lab (test/netlab), with the distances of the world between them.

Within a site everything is on 127.0.0.1 either way. What crosses sites takes `address(site)`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from settings import REPOSITORY, DemoError
from topology import DELAYS_MS, HOST, MICROVM, SITES, Edge

sys.path.append(str(REPOSITORY / "test"))

from netlab import lab as netlab  # noqa: E402

HOME = "home"  # where the store, the control plane and the person at the keyboard are


@dataclass(frozen=True)
class Network:
    """`addresses` and `spaces` (of network namespaces) are by site; there are none on loopback."""

    addresses: dict[str, str] = field(default_factory=dict)
    spaces: dict[str, str] = field(default_factory=dict)

    @property
    def is_lab(self) -> bool:
        return bool(self.spaces)

    def address(self, site: str) -> str:
        """At which other sites reach it."""
        return self.addresses[site] if self.is_lab else HOST

    def door(self, edge: Edge) -> str:
        """Where clients reach an edge, as host:port."""
        return f"{self.address(edge.name)}:{edge.port}"

    def client_address(self, edge: Edge) -> str:
        """A random address that a client of that edge may have, so that clients can be told apart.
        """
        if self.is_lab:  # the edge's whole /24 is its own
            return f"{self.address(edge.name).rsplit('.', 1)[0]}.{random.randint(2, 250)}"
        return f"127.0.{random.randint(1, 9)}.{random.randint(1, 250)}"

    def enter(self, site: str) -> list[str]:
        """The words before a command that let it run in a site."""
        return netlab.entering(self.spaces[site]) if self._is_elsewhere(site) else []

    def inside(self, site: str) -> contextlib.AbstractContextManager[None]:
        """This thread is in the site: sockets that it makes here stay there for good."""
        if self._is_elsewhere(site):
            return netlab.inside(self.spaces[site])
        return contextlib.nullcontext()

    def _is_elsewhere(self, site: str) -> bool:
        return self.is_lab and site != HOME

    def save(self, file: Path) -> None:
        """For other processes that talk to the demo; see load()."""
        file.write_text(json.dumps(dataclasses.asdict(self), indent=1))


LOOPBACK = Network()


def load(file: Path) -> Network:
    """The network of the demo that is up, or loopback while none is."""
    try:
        return Network(**json.loads(file.read_text()))
    except FileNotFoundError:
        return LOOPBACK


def choose(wanted: bool | None, say: Callable[[str], None]) -> bool:
    """Whether the demo runs in the lab; `wanted` is None where it is to be so if it can be. Says
    which, and why; DemoError where it must be and cannot."""
    reason = "loopback was asked for" if wanted is False else why_not()
    if wanted and reason:
        raise DemoError(f"there can be no lab of network sites here: {reason}")
    say(f"all sites are on loopback: {reason}" if reason
        else "each site is a network namespace, with real distances between them")
    return not reason


def why_not() -> str:
    """Why there can be no lab here: "" if there can."""
    if MICROVM:
        return "microVMs are forwarded to from loopback only"
    if not netlab.ROUTER.exists():
        return "build/release/clew_netlab is not built (make demo builds it for root)"
    return netlab.Lab.why_not()


@contextlib.contextmanager
def lab() -> Iterator[tuple[netlab.Lab, Network]]:
    """A lab with every site of the topology; what runs in them is killed on leaving."""
    with netlab.Lab([site.name for site in SITES], DELAYS_MS, home=HOME) as made:
        yield made, Network({site: made.address(site) for site in made.sites},
                            {site: made.space(site) for site in made.sites})
