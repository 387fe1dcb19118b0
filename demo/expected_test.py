"""What the topology says about requests, spelled out once for a person to judge."""

from __future__ import annotations

import unittest

import compare
from expected import expected_tree
from topology import CORES, EDGES, SERVICES, edge

PRODUCT_AT_AMS = """\
edge SERVER [edge-ams] GET /product/{id}
  edge CLIENT [edge-ams] GET /product/{id}
    gateway SERVER [gateway-fra] GET /product/{id}
      gateway CLIENT [gateway-fra] GET /product/{id}
        frontend-sidecar SERVER [frontend-fra-sidecar] GET /product/{id}
          frontend SERVER [frontend-fra]
            frontend CLIENT [frontend-fra]
              frontend-sidecar CLIENT [frontend-fra-sidecar] GET /products/{id}
                inventory-sidecar SERVER [inventory-fra-sidecar] GET /products/{id}
                  inventory-sidecar CLIENT [inventory-fra-sidecar] GET /prices/{id}
                    payments-sidecar SERVER [payments-fra-sidecar] GET /prices/{id}
                      payments SERVER [payments-fra]"""


class ExpectedTree(unittest.TestCase):
    def test_a_product_page_at_the_edge_in_amsterdam(self) -> None:
        tree = expected_tree(edge("edge-ams"), "GET", "/product/7", "127.0.2.3")
        self.assertEqual("\n".join(compare.draw_expected(tree)), PRODUCT_AT_AMS)

    def test_each_edge_uses_its_nearest_core_location(self) -> None:
        for one in EDGES:
            tree = expected_tree(one, "GET", "/", "127.0.0.1")
            self.assertEqual({hop.tags["core_location"] for hop in tree.walk() if hop.tags},
                             {one.cores[0]})

    def test_every_envoy_span_has_the_five_tags(self) -> None:
        tree = expected_tree(edge("edge-nyc"), "GET", "/cart/checkout", "127.0.2.3")
        for hop in tree.walk():
            if hop.service in ("edge", "gateway") or hop.service.endswith("-sidecar"):
                self.assertLessEqual({"datacenter", "core_location", "node", "client.address",
                                      "url.full"}, hop.tags.keys())
                self.assertEqual(hop.tags["client.address"], "127.0.2.3")

    def test_every_span_says_where_its_agent_stands(self) -> None:
        hops = expected_tree(edge("edge-ams"), "GET", "/cart/checkout", "127.0.2.3").walk()
        at_the_edge = {"clew.datacenter": "ams1", "clew.edge": "edge-ams"}
        in_the_core = {"clew.datacenter": "fra1", "clew.core_location": "fra"}
        for hop in hops:
            place = at_the_edge if hop.service == "edge" else in_the_core
            self.assertLessEqual(place.items(), hop.process_tags.items())

    def test_urls_are_those_that_each_hop_was_asked_for(self) -> None:
        hops = expected_tree(edge("edge-nyc"), "GET", "/product/9", "127.0.0.1").walk()
        self.assertEqual(hops[0].tags["url.full"], "http://127.0.0.1:8081/product/9")
        urls = {hop.tags["url.full"] for hop in hops if hop.service == "payments-sidecar"}
        self.assertEqual(urls, {"http://payments/prices/9"})

    def test_a_service_instrumented_with_nothing_has_no_spans(self) -> None:
        silent = {service.name for service in SERVICES if not service.instrumented}
        self.assertTrue(silent)
        hops = expected_tree(edge("edge-ams"), "GET", "/cart/checkout", "127.0.0.1").walk()
        self.assertFalse(silent & {hop.service for hop in hops})


class Topology(unittest.TestCase):
    def test_every_call_reaches_an_endpoint(self) -> None:
        by_name = {service.name: service for service in SERVICES}
        for service in SERVICES:
            for endpoint in service.endpoints:
                for call in endpoint.calls:
                    path = call.path.replace("{id}", "7")
                    by_name[call.service].endpoint(call.method, path)  # KeyError if not

    def test_every_edge_can_fall_back_to_another_core_location(self) -> None:
        for one in EDGES:
            self.assertEqual(set(one.cores), {core.name for core in CORES})


if __name__ == "__main__":
    unittest.main()
