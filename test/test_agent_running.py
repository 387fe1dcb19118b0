"""An agent while it runs: its configuration changes, its page shows what it does."""

import signal
import time

from clew import Clew
from otlp_requests import request


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
        about = agent.get("/clew/v1/agent")
        assert about["place"] == [{"name": "clew.datacenter", "value": "fra1"}]
        assert {"name": "otlp", "value": "127.0.0.1:1"} in about["exporters"]
        assert f"127.0.0.1:{agent.grpc}" in [r["value"] for r in about["receivers"]]
        assert any("wait to be sent again" in line["text"] for line in about["log"])
    finally:
        agent.kill()
