"""Envoy itself judges the configurations, and we what Envoy cannot know."""

from __future__ import annotations

import json
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any, Iterator

import envoy_config
import ports
from settings import settings
from topology import EDGES

Json = dict[str, Any]
CONFIGS = envoy_config.all_configs()


def managers(config: Json) -> Iterator[Json]:
    """The HTTP connection managers of an Envoy."""
    for listener in config["static_resources"]["listeners"]:
        yield listener["filter_chains"][0]["filters"][0]["typed_config"]


class EnvoyConfig(unittest.TestCase):
    def test_envoy_accepts_every_configuration(self) -> None:
        envoy = settings(None, None, None, None).envoy
        with tempfile.TemporaryDirectory() as directory:
            for node, config in CONFIGS.items():
                file = Path(directory, f"{node}.json")
                file.write_text(json.dumps(config))
                result = subprocess.run(
                    [envoy, "--mode", "validate", "-l", "error", "-c", file],
                    capture_output=True, text=True, check=False)
                self.assertEqual(result.returncode, 0, f"{node}: {result.stderr}")

    def test_every_span_of_every_envoy_gets_the_five_tags(self) -> None:
        for node, config in CONFIGS.items():
            for manager in managers(config):
                tags = {tag["tag"] for tag in manager["tracing"]["custom_tags"]}
                self.assertLessEqual({"datacenter", "core_location", "node", "client.address",
                                      "url.full"}, tags, node)

    def test_only_edges_forget_foreign_traces_and_trust_nobodys_forwarded_for(self) -> None:
        edges = {edge.name for edge in EDGES}
        for node, config in CONFIGS.items():
            for manager in managers(config):
                self.assertEqual("early_header_mutation_extensions" in manager, node in edges)
                self.assertEqual(manager.get("use_remote_address", False), node in edges)

    def test_all_three_ways_to_report_spans_are_in_use(self) -> None:
        text = json.dumps(CONFIGS)
        self.assertIn('"grpc_service"', text)
        self.assertIn('"http_service"', text)
        zipkin = [node for node, config in CONFIGS.items()
                  if "envoy.tracers.zipkin" in json.dumps(config)]
        self.assertEqual(zipkin, ["gateway-was"])

    def test_every_listening_port_is_in_the_table_under_its_owner(self) -> None:
        owners = {row.port: row.wanted_by for row in ports.table()}
        for node, config in CONFIGS.items():
            sockets = [listener["address"] for listener in config["static_resources"]["listeners"]]
            for address in [*sockets, config["admin"]["address"]]:
                self.assertEqual(owners[address["socket_address"]["port_value"]], node)

    def test_everything_binds_loopback(self) -> None:
        text = json.dumps(CONFIGS)
        self.assertEqual(text.count('"address": "'), text.count('"address": "127.0.0.1"'))


if __name__ == "__main__":
    unittest.main()
