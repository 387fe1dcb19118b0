"""The command line, as a person meets it."""

import os
import subprocess

import pytest
import requests

from clew import BINARY, Clew, free_port


def clew(*args: str, **env: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [BINARY, *args], capture_output=True, text=True, timeout=30, env=os.environ | env
    )


def test_version():
    assert clew("version").stdout.startswith("clew ")


def test_help_tells_flags_and_defaults():
    text = clew("all-in-one", "--help").stdout
    for part in ("--data", "127.0.0.1:4317", "127.0.0.1:16686", "CLEW_OTLP_GRPC"):
        assert part in text


def test_config_check(tmp_path):
    good = tmp_path / "agent.yaml"
    good.write_text("exporters: {otlp: {endpoint: 'store:4317'}}\n")
    assert clew("config", "check", "--role", "agent", str(good)).returncode == 0
    bad = tmp_path / "bad.yaml"
    bad.write_text("receivers:\n  otlp:\n    gprc: 127.0.0.1:4317\n")
    done = clew("config", "check", str(bad))
    assert done.returncode == 1
    assert f"{bad}:3: receivers.otlp.gprc: unknown setting" in done.stderr


def test_a_busy_port_is_named(tmp_path):
    with Clew("all-in-one", tmp_path) as first:
        second = Clew("all-in-one", tmp_path)
        for i, flag in enumerate(second.command):
            if flag == "--otlp-grpc":
                second.command[i + 1] = f"127.0.0.1:{first.grpc}"
        second.command[second.command.index("--data") + 1] = str(tmp_path / "other")
        second.log = tmp_path / "second.log"
        with pytest.raises(AssertionError, match=f"cannot listen on 127.0.0.1:{first.grpc}"):
            second.start()


def test_flag_beats_environment_beats_file(tmp_path):
    ports = [free_port() for _ in range(3)]
    config = tmp_path / "clew.yaml"
    config.write_text(f"http: 127.0.0.1:{ports[0]}\nreceivers: {{zipkin: {{http: off}}}}\n")
    store = Clew("all-in-one", tmp_path)
    at = store.command.index("--http")
    del store.command[at : at + 2]
    at = store.command.index("--zipkin")
    del store.command[at : at + 2]
    store.command += ["--config", str(config)]
    store.http = ports[0]
    with store:
        pass
    os.environ["CLEW_HTTP"] = f"127.0.0.1:{ports[1]}"
    try:
        store.http = ports[1]
        with store:
            pass
        store.command += ["--http", f"127.0.0.1:{ports[2]}"]
        store.http = ports[2]
        with store:
            pass
    finally:
        del os.environ["CLEW_HTTP"]


def test_a_wrong_flag_value_names_the_flag():
    done = clew("all-in-one", "--otlp-grpc", "4317")
    assert done.returncode == 1
    assert done.stderr.startswith("clew all-in-one: --otlp-grpc: ")


def test_metrics_health_and_ready(all_in_one):
    assert requests.get(all_in_one.url("/health"), timeout=10).status_code == 200
    assert requests.get(all_in_one.url("/ready"), timeout=10).status_code == 200
    metrics = requests.get(all_in_one.url("/metrics"), timeout=10)
    assert metrics.headers["Content-Type"].startswith("text/plain; version=0.0.4")
