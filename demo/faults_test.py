"""Switching faults on and off."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import faults
from settings import DemoError


class Faults(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name, "faults.json")

    def test_none_is_on_at_first(self) -> None:
        self.assertEqual(faults.load(self.path), [])

    def test_errors_in_one_place_and_slowness_everywhere_together(self) -> None:
        faults.add(self.path, faults.parse(["errors", "was"]))
        faults.add(self.path, faults.parse(["slow", "inventory"]))
        self.assertEqual([faults.describe(one) for one in faults.load(self.path)], [
            "errors: payments fails 50% of its requests in was",
            "slow: inventory takes about 800 ms everywhere"])

    def test_the_same_fault_again_replaces_it(self) -> None:
        faults.add(self.path, faults.parse(["slow", "inventory", "100", "fra"]))
        faults.add(self.path, faults.parse(["slow", "inventory", "300", "fra"]))
        self.assertEqual([one["delay_ms"] for one in faults.load(self.path)], [300])

    def test_off_is_none(self) -> None:
        faults.add(self.path, faults.parse(["errors", "fra", "checkout"]))
        faults.save(self.path, [])
        self.assertEqual(faults.load(self.path), [])

    def test_what_does_not_exist_is_said(self) -> None:
        for words in (["fire"], ["errors"], ["errors", "mars"], ["errors", "was", "cellar"],
                      ["slow", "nobody"], ["slow", "inventory", "-5"],
                      ["slow", "inventory", "0"], ["slow", "inventory", "1", "fra", "more"]):
            with self.assertRaises(DemoError):
                faults.parse(words)


if __name__ == "__main__":
    unittest.main()
