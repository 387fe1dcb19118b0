"""Visitors of the shop: a steady few requests per second through all edges, until stopped."""

from __future__ import annotations

import argparse
import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import client
from network import LOOPBACK, Network, load
from topology import EDGES

REPORT_EVERY_S = 10
AT_ONCE_MAX = 32  # a slow shop must not pile up visitors without end
VISITS_KEPT = 50_000


@dataclass(frozen=True)
class Visit:
    """One request, and what became of it."""

    begin: float  # of time.monotonic()
    edge: str
    operation: str
    outcome: str  # the status, or why there is no answer
    core: str | None
    trace_id: str | None

    @property
    def failed(self) -> bool:
        return self.outcome != "200"


class Visitors:
    """Sends requests at random moments; what became of them is kept for a while."""

    def __init__(self, rate: float, network: Network = LOOPBACK) -> None:
        self._rate = rate
        self._network = network
        self._places = threading.BoundedSemaphore(AT_ONCE_MAX)
        self._lock = threading.Lock()
        self._visits: list[Visit] = []
        self._skipped = 0
        self._stop = threading.Event()

    def run(self) -> None:
        """Sends until end()."""
        while not self._stop.wait(random.expovariate(self._rate)):
            if self._places.acquire(blocking=False):
                threading.Thread(target=self._visit, daemon=True).start()
            else:
                with self._lock:
                    self._skipped += 1

    def end(self) -> None:
        self._stop.set()

    def since(self, begin: float) -> list[Visit]:
        """The requests that were sent after that moment and have ended, in order of sending."""
        with self._lock:
            found = [one for one in self._visits if one.begin >= begin]
        return sorted(found, key=lambda one: one.begin)

    def take(self) -> tuple[list[Visit], int]:
        """All that have ended since the last call, and how many were never sent because too many
        were under way."""
        with self._lock:
            taken = self._visits, self._skipped
            self._visits, self._skipped = [], 0
        return taken

    def _visit(self) -> None:
        try:
            visit = self._one_request()
        finally:
            self._places.release()
        with self._lock:
            self._visits.append(visit)
            del self._visits[:-VISITS_KEPT]

    def _one_request(self) -> Visit:
        edge = random.choice(EDGES)
        endpoint = random.choices(client.entry_endpoints(), weights=(3, 5, 2))[0]
        begin = time.monotonic()
        try:
            sent = client.send(edge, endpoint.method, client.random_path(endpoint),
                               network=self._network)
        except OSError as error:
            return Visit(begin, edge.name, endpoint.operation, f"no answer: {error}", None, None)
        return Visit(begin, edge.name, endpoint.operation, str(sent.status), sent.core,
                     sent.trace_id)


@contextlib.contextmanager
def visiting(rate: float, network: Network) -> Iterator[Visitors]:
    """Visitors who come by themselves, in a thread, until the context is left."""
    visitors = Visitors(rate, network)
    thread = threading.Thread(target=visitors.run, daemon=True)
    thread.start()
    try:
        yield visitors
    finally:
        visitors.end()
        thread.join()


def run(rate: float, network: Network) -> None:
    """Sends `rate` requests per second on average, and counts the answers, until interrupted."""
    counts: Counter[str] = Counter()
    with visiting(rate, network) as visitors:
        while True:
            time.sleep(REPORT_EVERY_S)
            visits, skipped = visitors.take()
            counts.update(f"{one.edge} {one.operation} {one.outcome}" for one in visits)
            if skipped:
                counts["skipped: too many under way"] += skipped
            print(time.strftime("%H:%M:%S"), dict(counts), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=5, help="requests per second (default 5)")
    parser.add_argument("--network", type=Path, help="the file that says where the edges are")
    args = parser.parse_args()
    if not 0 < args.rate <= 200:
        parser.error("--rate: say more than 0 and at most 200 requests per second")
    with contextlib.suppress(KeyboardInterrupt):
        run(args.rate, load(args.network) if args.network else LOOPBACK)


if __name__ == "__main__":
    main()
