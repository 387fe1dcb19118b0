"""Metrics of spans, as Prometheus reads them from an agent."""

import pathlib

import pytest
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser

from clew import Clew, free_port, wait_until
from otlp_requests import request
from otlp_sink import OtlpSink, attributes

# What the OpenTelemetry Collector counts of input.json with the settings above the line: its
# spanmetrics connector 0.165.1, its servicegraph connector 0.158.0.
DATA = pathlib.Path(__file__).parent / "data"
# What the collector's Prometheus exporter adds from its own resource and scope.
OF_THE_EXPORTER = (
    "job", "instance", "otel_scope_name", "otel_scope_schema_url", "otel_scope_version",
)  # fmt: skip


def agent_with(tmp_path, *lines: str) -> Clew:
    """An agent with these lines of YAML; what it exports to need not be there."""
    config = tmp_path / "agent.yaml"
    config.write_text("\n".join(lines) + "\n")
    return Clew(
        "agent", tmp_path, "--config", str(config),
        "--exporter-otlp-endpoint", f"127.0.0.1:{free_port()}", "--shutdown-timeout", "1ms",
    )  # fmt: skip


def series(text: str, prefix: str, *without: str) -> dict[tuple, float]:
    """Samples by name and sorted labels, without these and those that say nothing."""
    found = {}
    ignored = OF_THE_EXPORTER + without
    for family in parser.text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name.startswith(prefix):
                labels = {k: v for k, v in sample.labels.items() if k not in ignored}
                found[(sample.name, *sorted(labels.items()))] = sample.value
    return found


def recorded(kind: str, case: str) -> tuple[list[str], str]:
    """The settings, and the samples."""
    config, samples = (DATA / kind / f"{case}.txt").read_text().split("---\n")
    return config.splitlines(), samples


@pytest.mark.parametrize("case", ["dimensions", "seconds"])
def test_counts_what_the_collector_counts(tmp_path, case):
    config, samples = recorded("span_metrics", case)
    agent = agent_with(tmp_path, *config)
    agent.start()
    try:
        body = (DATA / "span_metrics" / "input.json").read_bytes()
        assert agent.otlp(body, Content_Type="application/json").status_code == 200
        text = agent.session.get(agent.url("/metrics")).text
    finally:
        agent.kill()
    prefix = "mesh" if case == "seconds" else "traces_span_metrics"
    counted, expected = series(text, prefix), series(samples, prefix)
    assert counted.keys() == expected.keys()
    for name, value in expected.items():
        assert counted[name] == pytest.approx(value, rel=1e-12), name


@pytest.mark.parametrize("case", ["defaults", "more"])
def test_sees_the_edges_that_the_collector_sees(tmp_path, case):
    config, samples = recorded("service_graph", case)
    expected = series(samples, "traces_service_graph")
    agent = agent_with(tmp_path, *config)
    agent.start()
    try:
        body = (DATA / "service_graph" / "input.json").read_bytes()
        assert agent.otlp(body, Content_Type="application/json").status_code == 200

        def counted() -> dict[tuple, float] | None:
            text = agent.session.get(agent.url("/metrics")).text
            # The collector does not tell which of several has counted.
            found = series(text, "traces_service_graph", "collector_instance_id")
            return found if len(found) >= len(expected) else None

        found = wait_until(counted)  # the last ones once their other half is given up
    finally:
        agent.kill()
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-12), name


def test_openmetrics_is_what_it_claims_to_be(tmp_path):
    agent = agent_with(tmp_path, "span_metrics:", "service_graph:")
    agent.start()
    try:
        body, _ = request(3)
        assert agent.otlp(body).status_code == 200
        accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
        answer = agent.session.get(agent.url("/metrics"), headers={"Accept": accept})
    finally:
        agent.kill()
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    names = set()
    for family in openmetrics_parser.text_string_to_metric_families(answer.text):
        names.update(sample.name for sample in family.samples)
    assert "traces_span_metrics_calls_total" in names
    assert "traces_span_metrics_duration_milliseconds_bucket" in names
    assert any(name.startswith("clew_") for name in names)


def test_the_agents_place_is_the_value_of_a_dimension_nobody_gave(tmp_path):
    agent = agent_with(
        tmp_path,
        "place: {datacenter: fra1, host: server-7}",
        "span_metrics: {dimensions: [{name: clew.datacenter}], exclude_dimensions: [span.name]}",
    )
    agent.start()
    try:
        body, _ = request(3)
        assert agent.otlp(body).status_code == 200
        text = agent.session.get(agent.url("/metrics")).text
    finally:
        agent.kill()
    (labels,) = (dict(name[1:]) for name in series(text, "traces_span_metrics_calls_total"))
    assert labels["clew_datacenter"] == "fra1"
    assert labels["collector_instance_id"] == "server-7"


def test_metrics_go_out_as_otlp_too(tmp_path):
    config = tmp_path / "agent.yaml"
    with OtlpSink() as sink:
        config.write_text(f"""
place: {{datacenter: fra1}}
span_metrics: {{otlp_export: true, metrics_flush_interval: 1s}}
sampling: {{percentage: 0}}
exporters: {{otlp: {{endpoint: "127.0.0.1:{sink.port}", tls: {{insecure: true}}}}}}
""")
        with Clew("agent", tmp_path, "--config", str(config)) as agent:
            assert agent.otlp(request(3, "shop")[0]).status_code == 200

            def calls() -> dict[str, int]:
                return {
                    attributes(point)["span.name"]: point.as_int
                    for _, metric in sink.all_metrics()
                    if metric.name == "traces.span.metrics.calls"
                    for point in metric.sum.data_points
                    if attributes(point)["service.name"] == "shop"
                }

            counted = sink.wait_for(calls)
            assert counted == {f"step {i}": 1 for i in range(3)}
            durations = [m for _, m in sink.all_metrics() if m.name.endswith(".duration")]
            assert {point.count for point in durations[0].histogram.data_points} == {1}
            assert not sink.spans  # counted before sampling dropped them
