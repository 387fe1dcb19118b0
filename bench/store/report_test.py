"""With which row of clew a peer is compared."""

from __future__ import annotations

import unittest

import report


def ingest_row(server: str, protocol: str, settled: float) -> dict:
    return {"server": server, "protocol": protocol, "settled_cpu_s_per_million": settled}


class Ratios(unittest.TestCase):
    CLEW_HTTP = ingest_row("clew", "http", 5)
    CLEW_GRPC = ingest_row("clew", "grpc", 4)
    ROWS = [CLEW_HTTP, CLEW_GRPC]

    def test_a_peer_is_compared_with_clew_over_the_same_protocol(self) -> None:
        jaeger = ingest_row("Jaeger", "grpc", 9)
        self.assertIs(report.clew_beside(jaeger, self.ROWS), self.CLEW_GRPC)

    def test_or_with_clew_s_first_where_clew_was_not_given_that_protocol(self) -> None:
        zipkin = ingest_row("Zipkin", "zipkin", 9)
        self.assertIs(report.clew_beside(zipkin, self.ROWS), self.CLEW_HTTP)

    def test_without_clew_there_is_nothing_to_compare_with(self) -> None:
        self.assertIsNone(report.clew_beside(ingest_row("Jaeger", "http", 9), []))


if __name__ == "__main__":
    unittest.main()
