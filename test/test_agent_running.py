"""An agent while it runs: its configuration changes, its page shows what it does."""

import concurrent.futures
import signal
import threading
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clew import Clew, free_port, wait_until
from otlp_requests import request
from otlp_sink import OtlpSink


def write(tmp_path, percentage: int, datacenter: str) -> str:
    config = tmp_path / "agent.yaml"
    config.write_text(
        f"sampling: {{percentage: {percentage}}}\nplace: {{datacenter: {datacenter}}}\n"
    )
    return str(config)


def wait_for_log(agent: Clew, text: str, times: int = 1) -> None:
    deadline = time.monotonic() + 20
    while agent.log.read_text().count(text) < times:
        assert time.monotonic() < deadline, agent.log.read_text()
        time.sleep(0.05)


def datacenter_of(trace: dict) -> str:
    (process,) = trace["processes"].values()
    (value,) = [tag["value"] for tag in process["tags"] if tag["key"] == "clew.datacenter"]
    return value


def test_sampling_and_place_change_with_the_file_and_on_sighup(tmp_path):
    with Clew("store", tmp_path) as store:
        config = write(tmp_path, 0, "fra1")
        agent = Clew(
            "agent", tmp_path, "--config", config,
            "--exporter-otlp-endpoint", f"127.0.0.1:{store.grpc}",
        )  # fmt: skip
        with agent:
            dropped, dropped_id = request(2)
            assert agent.otlp(dropped).status_code == 200

            write(tmp_path, 100, "ams1")  # nobody says anything: the file has changed
            wait_for_log(agent, "are now as in")
            body, trace_id = request(2)
            assert agent.otlp(body).status_code == 200
            assert datacenter_of(store.wait_for_trace(trace_id, 2)) == "ams1"

            agent.process.send_signal(signal.SIGHUP)
            wait_for_log(agent, "are now as in", times=2)

            (tmp_path / "agent.yaml").write_text("sampling: {percentge: 1}\n")
            wait_for_log(agent, "agent.yaml:1: sampling.percentge: unknown setting")
            body, trace_id = request(2)  # as before
            assert agent.otlp(body).status_code == 200
            assert datacenter_of(store.wait_for_trace(trace_id, 2)) == "ams1"
        url = store.url(f"/api/traces/{dropped_id}")
        assert store.session.get(url, timeout=10).status_code == 404


def test_an_agent_without_a_file_outlives_its_terminal(tmp_path):
    store = Clew("store", tmp_path)
    with store, Clew(
        "agent", tmp_path, "--exporter-otlp-endpoint", f"127.0.0.1:{store.grpc}"
    ) as agent:  # fmt: skip
        agent.process.send_signal(signal.SIGHUP)
        body, trace_id = request(1)
        assert agent.otlp(body).status_code == 200
        store.wait_for_trace(trace_id, 1)


def test_its_page_shows_where_it_stands_and_what_went_wrong(tmp_path):
    config = write(tmp_path, 100, "fra1")
    agent = Clew(
        "agent", tmp_path, "--config", config, "--exporter-otlp-endpoint", "127.0.0.1:1",
        "--shutdown-timeout", "200ms",
    )  # fmt: skip
    agent.start()
    try:
        assert agent.otlp(request(1)[0]).status_code == 200
        wait_for_log(agent, "wait to be sent again")
        page = agent.session.get(agent.url("/"), timeout=10)
        assert page.headers["Content-Type"].startswith("text/html")
        about = agent.get("/api/clew/v1/agent")
        assert about["place"] == [{"name": "clew.datacenter", "value": "fra1"}]
        assert {"name": "otlp", "value": "127.0.0.1:1"} in about["exporters"]
        assert f"127.0.0.1:{agent.grpc}" in [r["value"] for r in about["receivers"]]
        assert any("wait to be sent again" in line["text"] for line in about["log"])
    finally:
        agent.kill()


def sink_config(*ports: int, more: str = "") -> str:
    """An agent's file with an exporter for each port."""
    lines = [f"  otlp/{i}: {{endpoint: '127.0.0.1:{port}'}}" for i, port in enumerate(ports)]
    return "exporters:\n" + "\n".join(lines) + f"\n{more}"


def reloads(agent: Clew, config, text: str) -> None:
    """Gives the agent another file, and waits until it has looked at it."""
    before = agent.metric("clew_config_reloads_total")
    config.write_text(text)
    agent.process.send_signal(signal.SIGHUP)
    wait_until(lambda: agent.metric("clew_config_reloads_total") > before)


def span_ids(sink: OtlpSink) -> list[bytes]:
    with sink.changed:
        return [span.span_id for _, span in sink.all_spans()]


def test_a_corrected_endpoint_gets_what_is_queued(tmp_path):
    config = tmp_path / "agent.yaml"
    config.write_text(sink_config(free_port()))
    with OtlpSink() as sink, Clew("agent", tmp_path, "--config", str(config)) as agent:
        for _ in range(10):
            assert agent.otlp(request(3)[0]).status_code == 200
        reloads(agent, config, sink_config(sink.port))
        sink.wait_for(lambda: len(sink.all_spans()) == 30)
        assert agent.metric("clew_config_last_reload_successful") == 1
        # What cannot be used changes nothing, and is told.
        reloads(agent, config, sink_config(sink.port, more="receivers: {otlp: {grpx: 1}}\n"))
        assert agent.metric("clew_config_last_reload_successful") == 0
        reloads(agent, config, "exporters: {otlp/0: {endpoint: 'a:1', tls: {ca_file: /none}}}\n")
        assert "/none" in agent.log.read_text()
        assert agent.otlp(request(3)[0]).status_code == 200
        sink.wait_for(lambda: len(sink.all_spans()) == 33)
        reloads(agent, config, sink_config(sink.port, more="memory: {limit: 512MiB}\n"))
        assert "restart to apply what else has changed: memory.limit" in agent.log.read_text()


def test_exporters_come_and_go(tmp_path):
    config = tmp_path / "agent.yaml"
    with OtlpSink() as first, OtlpSink() as second:
        config.write_text(sink_config(first.port))
        with Clew("agent", tmp_path, "--config", str(config)) as agent:
            agent.otlp(request(1)[0])
            first.wait_for(lambda: len(first.all_spans()) == 1)
            reloads(agent, config, sink_config(first.port, second.port))
            agent.otlp(request(1)[0])
            second.wait_for(lambda: len(second.all_spans()) == 1)
            first.wait_for(lambda: len(first.all_spans()) == 2)
            reloads(agent, config, sink_config(second.port))  # otlp/0 now goes to the second
            agent.otlp(request(1)[0])
            second.wait_for(lambda: len(second.all_spans()) == 2)
            exporters = agent.get("/api/clew/v1/agent")["exporters"]
            assert exporters == [{"name": "otlp/0", "value": f"127.0.0.1:{second.port}"}]
        assert len(first.all_spans()) == 2


def test_reloads_under_load_lose_and_double_nothing(tmp_path):
    """Twenty reloads that move the exporter between two servers while spans come."""
    config = tmp_path / "agent.yaml"
    sent = []
    stop = threading.Event()

    def load(agent: Clew) -> None:
        while not stop.is_set():
            body, _ = request(5)
            assert agent.otlp(body).status_code == 200
            export = ExportTraceServiceRequest.FromString(body)
            sent.extend(span.span_id for span in export.resource_spans[0].scope_spans[0].spans)

    with OtlpSink() as first, OtlpSink() as second:
        config.write_text(sink_config(first.port))
        queue = ("--queue-directory", str(tmp_path / "queue"), "--batch-timeout", "5ms")
        with Clew("agent", tmp_path, "--config", str(config), *queue) as agent:
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                loads = [pool.submit(load, agent) for _ in range(2)]
                for turn in range(20):
                    reloads(agent, config, sink_config([second, first][turn % 2].port))
                stop.set()
                for done in loads:
                    done.result()
        arrived = span_ids(first) + span_ids(second)
    assert span_ids(second)
    assert len(arrived) == len(sent) and set(arrived) == set(sent)
