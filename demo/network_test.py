"""Where everything is, on loopback and in a lab."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import network
from network import LOOPBACK, Network
from settings import DemoError
from topology import EDGES, HOST, edge

LAB = Network({"home": "10.77.1.1", "edge-ams": "10.77.2.1"},
              {"home": "/proc/1/fd/1", "edge-ams": "/proc/1/fd/2"})


class Networks(unittest.TestCase):
    def test_on_loopback_everything_is_there(self) -> None:
        self.assertEqual(LOOPBACK.address("fra"), HOST)
        self.assertEqual(LOOPBACK.enter("fra"), [])
        self.assertEqual(LOOPBACK.door(EDGES[0]), f"{HOST}:{EDGES[0].port}")

    def test_in_a_lab_each_site_is_entered_and_home_is_not(self) -> None:
        self.assertEqual(LAB.enter("home"), [])
        self.assertIn("--net=/proc/1/fd/2", LAB.enter("edge-ams"))
        self.assertTrue(LAB.client_address(edge("edge-ams")).startswith("10.77.2."))

    def test_another_process_finds_what_was_saved_and_loopback_if_nothing_was(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory, "network.json")
            self.assertEqual(network.load(file), LOOPBACK)
            LAB.save(file)
            self.assertEqual(network.load(file), LAB)

    def test_a_lab_that_must_be_and_cannot_is_an_error_with_the_reason(self) -> None:
        said: list[str] = []
        with mock.patch.object(network, "why_not", lambda: "no root"):
            with self.assertRaisesRegex(DemoError, "no root"):
                network.choose(True, said.append)
            self.assertFalse(network.choose(None, said.append))
        self.assertIn("no root", said[0])
        with mock.patch.object(network, "why_not", lambda: ""):
            self.assertTrue(network.choose(None, said.append))
            self.assertFalse(network.choose(False, said.append))


if __name__ == "__main__":
    unittest.main()
