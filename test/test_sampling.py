"""An agent keeps the traces that its configuration, and any other agent, would keep."""

import subprocess
import sys

import pytest

from clew import BINARY, REPO, Clew
from otlp_requests import request

TRACES = 400


def agent_of(store: Clew, tmp_path, sampling: str) -> Clew:
    """An agent in front of `store` with this sampling section."""
    config = tmp_path / "agent.yaml"
    config.write_text(f"sampling: {sampling}\n")
    endpoint = f"127.0.0.1:{store.grpc}"
    return Clew("agent", tmp_path, "--config", str(config), "--exporter-otlp-endpoint", endpoint)


def why(config, *args: str, ids: str = "") -> list[list[str]]:
    """The words of each line of `clew agent why`."""
    command = [str(BINARY), "agent", "why", "--config", str(config), *args]
    done = subprocess.run(command, input=ids, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    "sampling",
    [
        "{percentage: 25, algorithm: hash_seed, hash_seed: 22}",
        "{percentage: 25, algorithm: hash_seed_murmur3}",
        "{percentage: 25, algorithm: tail_hash_salt, hash_salt: fra}",
        "{percentage: 25, algorithm: equalizing}",
        "{percentage: 25, algorithm: proportional}",
    ],
)
def test_the_store_gets_what_why_foretells(tmp_path, sampling):
    with Clew("store", tmp_path) as store, agent_of(store, tmp_path, sampling) as agent:
        sent = []
        for _ in range(TRACES):
            body, trace_id = request(2)
            assert agent.otlp(body).status_code == 200
            sent.append(trace_id)
        told = why(tmp_path / "agent.yaml", "-", ids="\n".join(sent))
        assert [line[1] for line in told] == sent
        kept = {line[1] for line in told if line[0] == "keep"}
        assert {line[0] for line in told} == {"keep", "drop"}
        for trace_id in kept:
            assert len(store.wait_for_trace(trace_id, 2)["spans"]) == 2
        agent.stop()  # drains, so what is not there now never comes
        for trace_id in set(sent) - kept:
            url = store.url(f"/api/traces/{trace_id}")
            assert store.session.get(url, timeout=10).status_code == 404


def test_three_agents_keep_what_the_collector_keeps():
    """What a real Collector kept is on record; `make consistency` asks one anew."""
    script = REPO / "bench" / "consistency" / "main.py"
    golden = REPO / "test" / "data" / "collector_sampling.json"
    done = subprocess.run(
        [sys.executable, script, "--golden", golden], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" equal\n") == 17


def test_counts_spans_as_the_collector(tmp_path):
    with Clew("store", tmp_path) as store:
        with agent_of(store, tmp_path, "{percentage: 50}") as agent:
            for _ in range(50):
                agent.otlp(request(4)[0])
            counter = "clew_processor_probabilistic_sampler_count_traces_sampled_total"
            assert agent.metric(counter) == 200


def test_why_names_the_rule(tmp_path):
    config = tmp_path / "agent.yaml"
    rules = "[{service: pay, percentage: 100}, {attribute: {tier: gold}, percentage: 0}]"
    config.write_text(f"sampling: {{percentage: 1, rules: {rules}}}\n")
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    (default,) = why(config, trace_id)
    assert default[:2] == ["drop", trace_id] and "rule=default" in default
    assert {"hash=810d5de4", "bucket=7652", "threshold=163"} <= set(default)
    (pay,) = why(config, "--service", "pay", trace_id)
    assert pay[0] == "keep" and "rule=rules[0]" in pay
    (gold,) = why(config, "--attribute", "tier=gold", trace_id)
    assert gold[0] == "drop" and "rule=rules[1]" in gold


def test_why_tells_what_is_no_trace_id(tmp_path):
    config = tmp_path / "agent.yaml"
    config.write_text("sampling: {percentage: 1}\n")
    command = [str(BINARY), "agent", "why", "--config", str(config), "xyz"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert '"xyz" is no trace ID' in done.stderr
