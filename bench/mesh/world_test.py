"""The mesh that is measured."""

from __future__ import annotations

import unittest

import envoys
import rows
import world

SMALL = world.Size(services=50, sidecars=200, zones=4, edges=4)


class World(unittest.TestCase):
    def test_everyone_who_connects_has_a_dataplane(self) -> None:
        there = {one["name"] for one in world.resources(SMALL) if one["type"] == "Dataplane"}
        names = world.simulated(SMALL)
        self.assertEqual(set(names), there)
        self.assertEqual(len(names), SMALL.proxies)

    def test_a_sidecar_calls_the_services_of_its_outbounds(self) -> None:
        one = world.sidecar(SMALL, 57)
        called = [each["tags"]["kuma.io/service"] for each in one["networking"]["outbound"]]
        self.assertEqual(called, [f"service-{service}" for service in SMALL.called_by(7)])

    def test_of_a_sidecar_are_told_its_ingress_and_callers_in_its_zone(self) -> None:
        told = SMALL.told_of(3)
        self.assertEqual(told[0], f"gateway-zone-{SMALL.zone_of(3)}")
        for name in told[1:]:
            number = int(name.removeprefix("sidecar-"))
            self.assertEqual(SMALL.zone_of(number), SMALL.zone_of(3))
            self.assertIn(3, SMALL.called_by(SMALL.service_of(number)))

    def test_who_moves_is_not_connected(self) -> None:
        gone = {f"sidecar-{one}" for one in rows.moved(SMALL)}
        self.assertFalse(gone & set(world.simulated(SMALL, gone)))
        for nth in range(30):
            move = next(row for row in rows.ROWS if row.name == "endpoint")
            self.assertIn(move.change(SMALL, nth)["name"], gone)
            self.assertGreater(move.told(SMALL, nth), 0)

    def test_every_change_differs_from_the_one_before(self) -> None:
        for row in rows.ROWS:
            made = [row.change(SMALL, nth) for nth in range(30)]
            self.assertTrue(all(a != b for a, b in zip(made, made[1:])), row.name)


class RealEnvoys(unittest.TestCase):
    def test_of_three_there_is_one_of_each_kind(self) -> None:
        self.assertEqual([one["name"] for one in envoys.dataplanes(SMALL, 3)],
                         ["real-edge-0", "real-zone-0", "real-sidecar-2"])

    def test_no_two_listen_on_one_port(self) -> None:
        ports = []
        for one in envoys.dataplanes(SMALL, 20):
            networking = one["networking"]
            listeners = networking.get("gateway", {}).get("listeners", [])
            ports += [each["port"] for each in (*networking.get("inbound", []),
                                                *networking.get("outbound", []), *listeners)]
        self.assertEqual(len(ports), len(set(ports)))

    def test_times_are_read_as_envoy_writes_them(self) -> None:
        self.assertEqual(envoys.nanoseconds("1970-01-01T00:00:01.250Z"), 1_250_000_000)


if __name__ == "__main__":
    unittest.main()
