"""Judging a run against the bars."""

from __future__ import annotations

import unittest

import bars
import judging


def query_row(what: str, p95: float | None, server: str = "clew store", **more: object) -> dict:
    return {"what": what, "server": server, "api": "clew", "failed": "", "p95_ms": p95, **more}


def verdict(name: str, rows: list[dict]) -> dict:
    verdicts = judging.judge_all(bars.BARS, {"query": rows})
    return next(one for one in verdicts if one["bar"].startswith(name))


class Bars(unittest.TestCase):
    def test_the_worst_row_counts(self) -> None:
        rows = [query_row("trace by ID, warm", 0.5), query_row("trace by ID, warm", 1.5)]
        self.assertEqual(verdict("trace by ID, warm", rows)["value"], 1.5)
        self.assertFalse(verdict("trace by ID, warm", rows)["met"])
        self.assertTrue(verdict("trace by ID, warm", rows[:1])["met"])

    def test_peers_do_not_count(self) -> None:
        rows = [query_row("trace by ID, warm", 0.5), query_row("trace by ID, warm", 9, "Jaeger")]
        self.assertTrue(verdict("trace by ID, warm", rows)["met"])

    def test_a_bar_from_below_takes_the_smallest(self) -> None:
        rows = [query_row("scan: duration", 1, spans_scanned_per_s=3e8),
                query_row("scan: duration", 1, spans_scanned_per_s=1e8)]
        self.assertFalse(verdict("M spans/s scanned by duration", rows)["met"])
        self.assertTrue(verdict("M spans/s scanned by duration", rows[:1])["met"])

    def test_what_failed_or_was_cut_short_is_not_met(self) -> None:
        failed = [query_row("service + operation", 1) | {"failed": "HTTP 500"}]
        self.assertIsNone(verdict("service + operation", failed)["value"])
        self.assertFalse(verdict("service + operation", failed)["met"])
        cut = [query_row("service + operation", 1, cut_short=1)]
        self.assertFalse(verdict("service + operation", cut)["met"])

    def test_what_could_not_be_checked_is_not_met(self) -> None:
        row = {"server": "clew store", "seconds_to_ready": 1, "missing_spans": None}
        verdicts = judging.judge_all(bars.BARS, {"restart": [row]})
        self.assertEqual([one["met"] for one in verdicts], [True, False])

    def test_parts_that_did_not_run_are_not_judged(self) -> None:
        self.assertEqual(judging.judge_all(bars.BARS, {}), [])


if __name__ == "__main__":
    unittest.main()
