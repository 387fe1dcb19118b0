"""Percentiles and tables."""

from __future__ import annotations

import unittest

import tables


class Percentiles(unittest.TestCase):
    def test_they_are_values_that_were_measured(self) -> None:
        values = [float(value) for value in range(100, 0, -1)]
        self.assertEqual(tables.percentile(values, 0.5), 50)
        self.assertEqual(tables.percentile(values, 0.95), 95)
        self.assertEqual(tables.percentile(values, 1), 100)

    def test_of_few_values_the_95th_is_the_largest(self) -> None:
        self.assertEqual(tables.percentile([3.0, 1.0, 2.0], 0.95), 3)
        self.assertEqual(tables.percentile([7.0], 0.5), 7)

    def test_of_none_there_are_none(self) -> None:
        self.assertEqual(tables.times_of([]), {"p50_ms": None, "p95_ms": None, "max_ms": None})


class Tables(unittest.TestCase):
    def test_columns_line_up(self) -> None:
        self.assertEqual(
            tables.table(["what", "ms"], [["a", "1.5"], ["longer", "10"]]),
            "what     ms\na       1.5\nlonger   10",
        )

    def test_what_was_not_measured_has_no_ratio(self) -> None:
        self.assertEqual(tables.ratio(None, 2.0), "–")
        self.assertEqual(tables.ratio(3.0, None), "–")
        self.assertEqual(tables.ratio(3.0, 2.0), "1.5×")


if __name__ == "__main__":
    unittest.main()
