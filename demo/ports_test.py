"""The table of ports, and telling who holds one."""

from __future__ import annotations

import os
import socket
import unittest

import ports
from topology import HOST


class Ports(unittest.TestCase):
    def test_no_port_is_in_the_table_twice(self) -> None:
        numbers = [row.port for row in ports.table()]
        self.assertEqual(len(numbers), len(set(numbers)))

    def test_none_is_one_that_the_kernel_hands_out_to_clients(self) -> None:
        self.assertLess(max(row.port for row in ports.table()), 32768)

    def test_a_listening_port_is_busy_and_its_holder_is_named(self) -> None:
        with socket.create_server((HOST, 0)) as server:
            port = server.getsockname()[1]
            self.assertTrue(ports.busy(port))
            self.assertTrue(ports.accepts(port))
            self.assertIn(f"pid {os.getpid()}:", ports.holder(port) or "")
        self.assertFalse(ports.busy(port))
        self.assertFalse(ports.accepts(port))
        self.assertIsNone(ports.holder(port))


if __name__ == "__main__":
    unittest.main()
