"""What becomes of `clew load`'s result."""

from __future__ import annotations

import unittest

import bars
import judging
import measure
import report
from scenarios import SCENARIOS, Scenario

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
RESULT = {"accepted": 1_000_000, "refused": 0, "seconds": 4.0, "bytes_per_span": 870.0,
          "cpu_seconds": 2.0, "arrived": 1_000_000, "missing": 0, "twice": 0, "unknown": 0,
          "arrived_share": 1.0, "last_arrival_seconds": 5.0}


def row(scenario: Scenario, server: str, cpu_s: float, **result: object) -> dict:
    return measure.row_of(scenario, server, RESULT | result, cpu_s) | {
        "settled": True, "idle_mib": 20.0, "peak_mib": 100.0, "kernel_drops": None}


def verdict(rows: list[dict], start: str) -> dict:
    verdicts = judging.judge_all(bars.of([one["row"] for one in rows]), {"paths": rows})
    return next(one for one in verdicts if one["bar"].startswith(start))


class Rows(unittest.TestCase):
    def test_through_counts_until_the_last_arrival(self) -> None:
        one = row(BY_NAME["forward-http"], "clew agent", 1.5)
        self.assertEqual((one["spans_per_s"], one["through_per_s"]), (250_000, 200_000))
        self.assertEqual(one["cpu_s_per_million"], 1.5)

    def test_what_is_missing_is_lost_unless_it_was_sampled_away(self) -> None:
        self.assertEqual(row(BY_NAME["zipkin"], "clew agent", 1, missing=7)["lost"], 7)
        self.assertIsNone(row(BY_NAME["sample-grpc"], "clew agent", 1, missing=7)["lost"])


class Comparison(unittest.TestCase):
    def test_clew_is_compared_with_the_collector_s_row_of_the_same_name(self) -> None:
        rows = [row(BY_NAME["forward-http"], "clew agent", 1),
                row(BY_NAME["zipkin"], "Collector", 5),
                row(BY_NAME["forward-http"], "Collector", 8)]
        measure.compare(rows)
        self.assertEqual(rows[0]["ratio"], 8)
        self.assertNotIn("ratio", rows[1])
        self.assertTrue(verdict(rows, "forward-http")["met"])

    def test_two_samplers_that_keep_other_spans_have_lost_some(self) -> None:
        rows = [row(BY_NAME["sample-http"], "clew agent", 1, arrived=10_000),
                row(BY_NAME["sample-http"], "Collector", 8, arrived=10_016)]
        measure.compare(rows)
        self.assertEqual(rows[0]["lost"], 16)
        self.assertFalse(verdict(rows, "spans missing")["met"])

    def test_a_row_without_figures_meets_no_bar_and_is_told(self) -> None:
        rows = [measure.failed("zipkin", "Zipkin", "clew agent", "exporters: unknown key"),
                row(BY_NAME["zipkin"], "Collector", 5)]
        measure.compare(rows)
        self.assertEqual(verdict(rows, "zipkin")["met"], False)
        self.assertIn("unknown key", report.failures(rows))
        self.assertIn("clew agent", report.paths_table(rows))


if __name__ == "__main__":
    unittest.main()
