"""The proof of chaos: each step once, and what visitors, spans and certificates say of it."""

from __future__ import annotations

import time
from collections.abc import Callable

import chaos
from chaos import EDGE, NEAREST, NEXT, Chaos
from traffic import Visit, Visitors

RATE = 10.0
UNNOTICED_S = 10.0  # an edge finds out in one or two, but not on a busy machine
MOVED = 10  # so many requests in a row
TIMEOUT_S = 120.0
SPANS_TIMEOUT_S = 60.0
PAUSES = chaos.Pauses(between=0, down=15, slow=0, authority=3)


def run(world: Chaos, visitors: Visitors) -> bool:
    """True if all is as it must be; what is not is said."""
    proof = _Proof(world, visitors)
    proof.core_dies()
    proof.link_gets_slow()
    proof.authority_is_replaced()
    for line in proof.problems:
        world.say(f"FAILED: {line}")
    if not proof.problems:
        world.say("PASSED: requests went elsewhere and came back, spans say why, and every proxy "
                  "has a certificate of the new authority")
    return not proof.problems


class _Proof:
    def __init__(self, world: Chaos, visitors: Visitors) -> None:
        self._world = world
        self._visitors = visitors
        self.problems: list[str] = []

    def core_dies(self) -> None:
        self._wait(NEAREST, time.monotonic())
        begin, since_us = time.monotonic(), time.time_ns() // 1000
        self._world.core_dies()
        back = time.monotonic()
        moved = [one for one in self._visitors.since(begin + UNNOTICED_S)
                 if one.edge == EDGE.name and one.begin < back]
        if not moved or {one.core for one in moved} != {NEXT}:
            self.problems.append(f"while {NEAREST} was down: {chaos.summary(moved)}")
        self._wait(NEAREST, back)
        self._only_errors_until(begin, begin + UNNOTICED_S, f"{NEAREST} died")
        self._until(lambda: set(chaos.failover_cores(since_us)) == {NEXT}, SPANS_TIMEOUT_S,
                    f"spans of edges say failover to {NEXT}")

    def link_gets_slow(self) -> None:
        """Not the step itself, which waits a fixed time for what depends on when the last change of
        the order was."""
        begin = time.monotonic()
        self._world.slow_link()
        try:
            self._wait(NEXT, begin)
            self._world.tell(begin)
        finally:
            self._world.fast_link()
        self._wait(NEAREST, time.monotonic())
        self._only_errors_until(begin, begin, f"the link to {NEAREST} got slow")

    def authority_is_replaced(self) -> None:
        begin = time.monotonic()
        before = self._world.authorities()
        self._world.authority_is_replaced()
        if len(before) != 1 or len(self._world.authorities() - before) != 1:
            self.problems.append("the authority is the old one")
        self._until(lambda: not self._world.proxies_of_another_authority(), TIMEOUT_S,
                    "every proxy has a certificate of the new authority")
        time.sleep(UNNOTICED_S)
        self._only_errors_until(begin, begin, "the authority was replaced")

    def _wait(self, core: str, begin: float) -> None:
        """Until the last requests at the edge were answered by that core location."""

        def moved() -> bool:
            last = [one for one in self._visitors.since(begin) if one.edge == EDGE.name][-MOVED:]
            return len(last) == MOVED and {one.core for one in last} == {core}

        self._until(moved, TIMEOUT_S, f"requests at {EDGE.name} go to {core}")

    def _until(self, is_so: Callable[[], bool], timeout_s: float, what: str) -> None:
        deadline = time.monotonic() + timeout_s
        while not is_so():
            if time.monotonic() > deadline:
                self.problems.append(f"not within {timeout_s:.0f} s: {what}")
                return
            time.sleep(0.5)
        self._world.say(f"seen: {what}")

    def _only_errors_until(self, begin: float, end: float, what: str) -> None:
        """What was on its way when it happened may fail, and nothing later."""
        late: list[Visit] = [one for one in self._visitors.since(begin)
                             if one.failed and one.begin > end]
        if late:
            self.problems.append(f"errors after {what}: {chaos.summary(late)}")
        self._world.say(f"after {what}: {chaos.summary(self._visitors.since(begin))}")
