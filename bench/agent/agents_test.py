"""What the two servers are told to do."""

from __future__ import annotations

import pathlib
import unittest

import agents
import scenarios
from scenarios import SCENARIOS, Scenario

PORTS = {"grpc": 1, "http": 2, "zipkin": 3}
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def configs(scenario: Scenario) -> tuple[dict, dict]:
    arguments = (scenario, PORTS, 9, 4, 5, pathlib.Path("/data"))
    return agents.clew_config(*arguments), agents.collector_config(*arguments)


class Configurations(unittest.TestCase):
    def test_both_sample_with_the_same_seed(self) -> None:
        clew, collector = configs(BY_NAME["sample-http"])
        sampler = collector["processors"]["probabilistic_sampler"]
        self.assertEqual(clew["sampling"]["hash_seed"], sampler["hash_seed"])
        self.assertEqual(clew["sampling"]["percentage"], sampler["sampling_percentage"])
        self.assertEqual(clew["sampling"]["algorithm"], sampler["mode"])
        for other in ("forward-http", "zipkin"):
            clew, collector = configs(BY_NAME[other])
            self.assertNotIn("sampling", clew)
            self.assertNotIn("probabilistic_sampler", collector["processors"])

    def test_both_leave_by_the_transport_they_came_by(self) -> None:
        clew, collector = configs(BY_NAME["forward-http"])
        self.assertEqual(clew["exporters"]["otlphttp"]["endpoint"], "http://127.0.0.1:9")
        self.assertEqual(collector["exporters"]["otlp_http"]["endpoint"], "http://127.0.0.1:9")
        clew, collector = configs(BY_NAME["forward-grpc"])
        self.assertEqual(clew["exporters"]["otlp"]["endpoint"], "127.0.0.1:9")
        self.assertEqual(collector["exporters"]["otlp_grpc"]["endpoint"], "127.0.0.1:9")

    def test_both_queues_are_on_disk_where_the_row_says_so(self) -> None:
        clew, collector = configs(BY_NAME["persist-grpc"])
        self.assertEqual(clew["queue"]["directory"], "/data/queue")
        self.assertTrue(collector["extensions"]["file_storage"]["fsync"])
        queue = collector["exporters"]["otlp_grpc"]["sending_queue"]
        self.assertEqual(queue["storage"], "file_storage")
        self.assertNotIn("queue", configs(BY_NAME["forward-grpc"])[0])

    def test_every_port_that_is_waited_for_is_in_a_pipeline_of_the_collector(self) -> None:
        for scenario in SCENARIOS:
            _, collector = configs(scenario)
            pipelines = collector["service"]["pipelines"].values()
            used = {receiver for pipeline in pipelines for receiver in pipeline["receivers"]}
            self.assertLessEqual({"otlp", "zipkin"}, used, scenario.name)
        self.assertIn("jaeger", configs(BY_NAME["jaeger"])[1]["service"]["pipelines"]["traces"]
                      ["receivers"])


    def test_only_the_row_that_is_about_it_edits_spans(self) -> None:
        for scenario in SCENARIOS:
            clew, _ = configs(scenario)
            self.assertEqual((clew["normalize"], "place" in clew),
                             (scenario.name == "edit", scenario.name == "edit"))
        self.assertIsNone(agents.collector(BY_NAME["edit"], 9, pathlib.Path("/data")))


class Names(unittest.TestCase):
    def test_a_name_without_a_transport_means_both(self) -> None:
        self.assertEqual(scenarios.chosen(["sample", "idle"]),
                         ["sample-http", "sample-grpc", "idle"])

    def test_a_row_is_measured_once(self) -> None:
        self.assertEqual(scenarios.chosen(["zipkin", "zipkin"]), ["zipkin"])

    def test_what_is_no_row_is_refused(self) -> None:
        with self.assertRaises(ValueError):
            scenarios.chosen(["samples"])


if __name__ == "__main__":
    unittest.main()
