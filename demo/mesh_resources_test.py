"""What the control plane is told fits the rest of the demo."""

from __future__ import annotations

import unittest

import mesh_resources
import ports
from network import Network
from topology import CORES, EDGES, SERVICES

RESOURCES = mesh_resources.resources()


def of(kind: str) -> list[mesh_resources.Json]:
    return [one for one in RESOURCES if one["type"] == kind]


class MeshResources(unittest.TestCase):
    def test_every_envoy_has_a_dataplane_and_no_two_resources_one_name(self) -> None:
        names = [(one["type"], one["name"]) for one in RESOURCES]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual({one.name for one in mesh_resources.proxies()},
                         {one["name"] for one in of("Dataplane")})
        on_the_host = [one for one in SERVICES if not one.in_microvms]
        self.assertEqual(len(of("Dataplane")), len(EDGES) + len(CORES) * (1 + len(on_the_host)))

    def test_every_listening_port_is_in_the_table_under_its_owner(self) -> None:
        owners = {row.port: row.wanted_by for row in ports.table()}
        for one in of("Dataplane"):
            networking = one["networking"]
            listeners = [*networking.get("inbound", ()), *networking.get("outbound", ()),
                         *networking.get("gateway", {}).get("listeners", ())]
            self.assertTrue(listeners)
            for listener in listeners:
                self.assertEqual(owners[listener["port"]], one["name"])
        for one in mesh_resources.proxies():
            self.assertEqual(owners[one.admin_port], one.name)

    def test_who_calls_a_service_may_and_nobody_else(self) -> None:
        allowed = {one["name"]: {rule["targetRef"]["name"] for rule in one["spec"]["from"]}
                   for one in of("MeshTrafficPermission")}
        self.assertEqual(allowed["frontend"], {"clew-edge"})
        self.assertEqual(allowed["payments"], {"checkout", "inventory"})

    def test_only_what_reads_is_repeated_when_an_instance_fails_that_may_have_had_it(self) -> None:
        routes = {one["name"]: one["spec"]["to"][0]["rules"] for one in of("MeshHTTPRoute")}
        repeated = [one["spec"]["targetRef"]["name"] for one in of("MeshRetry")
                    if one["spec"]["targetRef"]["kind"] == "MeshHTTPRoute"]
        self.assertIn("payments-get", repeated)
        methods = {match["method"] for name in repeated for rule in routes[name]
                   for match in rule["matches"]}
        self.assertEqual(methods, {"GET"})

    def test_everything_binds_loopback(self) -> None:
        for one in of("Dataplane"):
            self.assertEqual(one["networking"]["address"], "127.0.0.1")

    def test_in_the_lab_each_proxy_has_the_address_of_its_site(self) -> None:
        network = Network({"fra": "10.77.4.1", "was": "10.77.5.1", "edge-ams": "10.77.2.1",
                           "edge-nyc": "10.77.3.1"}, {"fra": "/proc/1/fd/9"})
        found = {one["name"]: one["networking"]["address"]
                 for one in mesh_resources.resources(network) if one["type"] == "Dataplane"}
        self.assertEqual(found, {one.name: network.address(one.site.name)
                                 for one in mesh_resources.proxies()})


if __name__ == "__main__":
    unittest.main()
