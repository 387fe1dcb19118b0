"""Percentiles and tables."""

from __future__ import annotations

import unittest

import report


class Percentiles(unittest.TestCase):
    def test_they_are_values_that_were_measured(self) -> None:
        values = [float(value) for value in range(100, 0, -1)]
        self.assertEqual(report.percentile(values, 0.5), 50)
        self.assertEqual(report.percentile(values, 0.95), 95)
        self.assertEqual(report.percentile(values, 1), 100)

    def test_of_few_values_the_95th_is_the_largest(self) -> None:
        self.assertEqual(report.percentile([3.0, 1.0, 2.0], 0.95), 3)
        self.assertEqual(report.percentile([7.0], 0.5), 7)

    def test_of_none_there_are_none(self) -> None:
        self.assertEqual(report.times_of([]), {"p50_ms": None, "p95_ms": None, "max_ms": None})


class Tables(unittest.TestCase):
    def test_columns_line_up(self) -> None:
        self.assertEqual(
            report.table(["what", "ms"], [["a", "1.5"], ["longer", "10"]]),
            "what     ms\na       1.5\nlonger   10",
        )

    def test_what_was_not_measured_has_no_ratio(self) -> None:
        self.assertEqual(report.ratio(None, 2.0), "–")
        self.assertEqual(report.ratio(3.0, None), "–")
        self.assertEqual(report.ratio(3.0, 2.0), "1.5×")


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
