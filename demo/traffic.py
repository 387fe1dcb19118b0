"""Visitors of the shop: a steady few requests per second through both edges, until stopped."""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections import Counter

import client
from topology import EDGES

REPORT_EVERY_S = 10
AT_ONCE_MAX = 32  # a slow shop must not pile up visitors without end


def run(rate: float) -> None:
    """Sends `rate` requests per second on average, at random moments, and counts the answers."""
    places = threading.BoundedSemaphore(AT_ONCE_MAX)
    counts: Counter[str] = Counter()
    lock = threading.Lock()

    def visit() -> None:
        try:
            outcome = _one_request()
        finally:
            places.release()
        with lock:
            counts[outcome] += 1

    next_report = time.monotonic() + REPORT_EVERY_S
    while True:
        time.sleep(random.expovariate(rate))
        if places.acquire(blocking=False):
            threading.Thread(target=visit, daemon=True).start()
        else:
            with lock:
                counts["skipped: too many under way"] += 1
        if time.monotonic() > next_report:
            next_report += REPORT_EVERY_S
            with lock:
                print(time.strftime("%H:%M:%S"), dict(counts), flush=True)


def _one_request() -> str:
    edge = random.choice(EDGES)
    endpoint = random.choices(client.entry_endpoints(), weights=(3, 5, 2))[0]
    try:
        sent = client.send(edge, endpoint.method, client.random_path(endpoint),
                           client_address=client.random_client_address())
    except OSError as error:
        return f"no answer: {error}"
    return f"{edge.name} {endpoint.operation} {sent.status}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=5, help="requests per second (default 5)")
    args = parser.parse_args()
    if not 0 < args.rate <= 200:
        parser.error("--rate: say more than 0 and at most 200 requests per second")
    try:
        run(args.rate)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
