"""Agents tell the store how they are, by OpAMP: Clew's, and others' that speak it."""

import gzip
import http.server
import json
import queue
import subprocess
import threading

import pytest
import requests
from opentelemetry._opamp.agent import OpAMPAgent
from opentelemetry._opamp.callbacks import OpAMPCallbacks
from opentelemetry._opamp.client import OpAMPClient
from opentelemetry._opamp.proto import opamp_pb2

from clew import REPO, Clew, free_port, wait_until
from otlp_requests import request
from otlp_sink import OtlpSink

COLLECTOR = REPO / ".deps" / "peers" / "collector-0.149.0"
PROTOBUF = {"Content-Type": "application/x-protobuf"}


def opamp_url(store: Clew) -> str:
    return f"http://127.0.0.1:{store.otlp_http}/v1/opamp"


def agents_of(store: Clew) -> list[dict]:
    return store.get("/api/clew/v1/system")["agents"]["list"]


def wait_for_agent(store: Clew, wanted) -> dict:
    """The one agent of the store, once it is as wanted."""

    def look():
        agents = agents_of(store)
        return next((agent for agent in agents if wanted(agent)), None)

    return wait_until(look)


def part(agent: dict, *path: str) -> dict:
    (found,) = [each for each in agent["parts"] if each["path"] == list(path)]
    return found


def agent_file(tmp_path, server: str, more: str = "") -> str:
    config = tmp_path / "agent.yaml"
    config.write_text(
        f"extensions: {{opamp: {{server: {{http: {{polling_interval: 1s, {server}}}}}}}}}\n{more}"
    )
    return str(config)


def test_an_agent_whose_backend_is_dead_says_why_and_since_when_and_recovers(tmp_path):
    with Clew("store", tmp_path) as store:
        dead = free_port()
        agent = Clew(
            "agent", tmp_path, "--exporter-otlp-endpoint", f"127.0.0.1:{dead}",
            "--opamp-endpoint", opamp_url(store), "--place-host", "web-3",
        )  # fmt: skip
        with agent:
            well = wait_for_agent(store, lambda agent: agent["state"] == "healthy")
            assert (well["service"], well["host"]) == ("clew.agent", "web-3")
            assert part(well, "receivers", "otlp/grpc")["status"] == f"at 127.0.0.1:{agent.grpc}"
            assert agent.otlp(request(10)[0]).status_code == 200
            ill = wait_for_agent(store, lambda agent: agent["state"] == "unhealthy")
            assert ill["lastError"].startswith("exporters: otlp: ")
            exporter = part(ill, "exporters", "otlp")
            assert str(dead) in exporter["lastError"] or "onnect" in exporter["lastError"]
            assert ill["startedUs"] <= exporter["statusUs"] <= ill["lastSeenUs"] + 1_000_000
            with OtlpSink(dead):
                wait_for_agent(store, lambda agent: agent["state"] == "healthy")
        wait_for_agent(store, lambda agent: agent["state"] == "stopped")
        metrics = store.session.get(store.url("/metrics"), timeout=10).text
        assert 'clew_opamp_agents{state="stopped"} 1' in metrics


def test_a_store_that_was_restarted_is_told_all_again(tmp_path):
    store = Clew("store", tmp_path)
    with store, OtlpSink() as sink:
        config = agent_file(tmp_path, f"endpoint: '{opamp_url(store)}'")
        agent = Clew(
            "agent", tmp_path, "--config", config,
            "--exporter-otlp-endpoint", f"127.0.0.1:{sink.port}",
        )  # fmt: skip
        with agent:
            before = wait_for_agent(store, lambda agent: agent["state"] == "healthy")
            store.kill()
            store.start()
            after = wait_for_agent(store, lambda agent: agent["state"] == "healthy")
            assert after["instanceUid"] == before["instanceUid"]
            assert after["attributes"] == before["attributes"]
            agent.kill()
            agent.start()  # under another UID: it is the same host's
            later = wait_for_agent(
                store, lambda agent: agent["instanceUid"] != before["instanceUid"]
            )
            assert later["host"] == before["host"]


def test_a_change_that_is_not_taken_over_is_told(tmp_path):
    with Clew("store", tmp_path) as store, OtlpSink() as sink:
        endpoint = f"endpoint: '{opamp_url(store)}'"
        config = agent_file(tmp_path, endpoint)
        with Clew(
            "agent", tmp_path, "--config", config,
            "--exporter-otlp-endpoint", f"127.0.0.1:{sink.port}",
        ):  # fmt: skip
            wait_for_agent(store, lambda agent: agent["state"] == "healthy")
            agent_file(tmp_path, endpoint, "sampling: {percentge: 1}\n")
            ill = wait_for_agent(store, lambda agent: agent["state"] == "unhealthy")
            assert "agent.yaml:2: sampling.percentge" in part(ill, "configuration")["lastError"]
            agent_file(tmp_path, endpoint, "sampling: {percentage: 1}\n")
            well = wait_for_agent(store, lambda agent: agent["state"] == "healthy")
            assert well["lastError"] == ""
            assert part(well, "sampling")["status"] == "keeps 1 % of traces"


def test_only_who_is_let_in_may_report(tmp_path):
    (tmp_path / "tokens").write_text("let-me-in\n")
    store = Clew("store", tmp_path, "--auth-token-file", str(tmp_path / "tokens"))
    store.session.headers["Authorization"] = "Bearer let-me-in"
    with store, OtlpSink() as sink:
        assert requests.post(opamp_url(store), headers=PROTOBUF, timeout=10).status_code == 401
        config = agent_file(tmp_path, f"endpoint: '{opamp_url(store)}', bearer_token: let-me-in")
        with Clew(
            "agent", tmp_path, "--config", config,
            "--exporter-otlp-endpoint", f"127.0.0.1:{sink.port}",
        ):  # fmt: skip
            wait_for_agent(store, lambda agent: agent["state"] == "healthy")


class OpampServer:
    """A server made of the official messages, that keeps what it is sent and answers as told."""

    def __init__(self):
        self.reports: queue.Queue[opamp_pb2.AgentToServer] = queue.Queue()
        self.answers: list[opamp_pb2.ServerToAgent] = []  # the next ones
        self.headers = None
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Content-Encoding"] == "gzip":
                    body = gzip.decompress(body)
                peer.headers = self.headers
                report = opamp_pb2.AgentToServer.FromString(body)
                answer = peer.answers.pop(0) if peer.answers else opamp_pb2.ServerToAgent()
                answer.instance_uid = report.instance_uid
                peer.reports.put(report)
                content = answer.SerializeToString()
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/fleet"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def next(self) -> opamp_pb2.AgentToServer:
        return self.reports.get(timeout=20)


def test_what_an_agent_sends_is_what_official_servers_read(tmp_path):
    with OpampServer() as server, OtlpSink() as sink:
        config = agent_file(
            tmp_path, f"endpoint: '{server.url}', compression: gzip, headers: {{x-room: '7'}}"
        )
        server.answers = [
            opamp_pb2.ServerToAgent(),
            opamp_pb2.ServerToAgent(flags=opamp_pb2.ServerToAgentFlags_ReportFullState),
            opamp_pb2.ServerToAgent(
                agent_identification=opamp_pb2.AgentIdentification(new_instance_uid=b"0" * 16)
            ),
        ]
        with Clew(
            "agent", tmp_path, "--config", config,
            "--exporter-otlp-endpoint", f"127.0.0.1:{sink.port}",
        ):  # fmt: skip
            first, second, full, renamed = (server.next() for _ in range(4))
        assert server.headers["x-room"] == "7"
        assert [each.sequence_num for each in (first, second, full, renamed)] == [0, 1, 2, 3]
        assert len(first.instance_uid) == 16
        reports_health = opamp_pb2.AgentCapabilities_ReportsHealth
        assert first.capabilities & reports_health and second.capabilities & reports_health
        named = {each.key: each.value for each in first.agent_description.identifying_attributes}
        assert named["service.name"].string_value == "clew.agent"
        assert first.health.healthy and first.health.start_time_unix_nano > 0
        exporters = first.health.component_health_map["exporters"]
        assert exporters.component_health_map["otlp"].healthy
        assert not second.HasField("agent_description") and not second.HasField("health")
        assert full.HasField("agent_description") and full.HasField("health")
        assert renamed.instance_uid == b"0" * 16
        last = renamed
        while not server.reports.empty():
            last = server.reports.get()
        assert last.HasField("agent_disconnect")


class Quiet(OpAMPCallbacks):
    """Keeps what the server says."""

    def __init__(self):
        self.errors, self.messages = [], 0

    def on_error(self, _agent, _client, error):
        self.errors.append(error)

    def on_message(self, _agent, _client, _message):
        self.messages += 1


def test_the_official_client_reports(tmp_path):
    with Clew("store", tmp_path) as store:
        said = Quiet()
        client = OpAMPClient(
            endpoint=opamp_url(store),
            agent_identifying_attributes={"service.name": "shop", "service.version": "3"},
            agent_non_identifying_attributes={"host.name": "web-7", "process.pid": 12},
        )
        agent = OpAMPAgent(interval=1, callbacks=said, client=client)
        agent.start()
        try:
            known = wait_for_agent(store, lambda agent: agent["host"] == "web-7")
            assert (known["service"], known["version"], known["state"]) == ("shop", "3", "unknown")
            assert {"name": "process.pid", "value": "12"} in known["attributes"]
            wait_until(lambda: store.metric("clew_opamp_reports_total") >= 3)
            assert agents_of(store)[0]["lastSeenUs"] > known["firstSeenUs"]
        finally:
            agent.stop()
        wait_for_agent(store, lambda agent: agent["state"] == "stopped")
        assert not said.errors


def test_health_of_official_messages_is_read_whole(tmp_path):
    health = opamp_pb2.ComponentHealth(healthy=False, last_error="a part fails", status="starting")
    health.component_health_map["pipeline:traces"].healthy = True
    inner = health.component_health_map["pipeline:traces"].component_health_map["exporter:x"]
    inner.last_error, inner.status_time_unix_nano = "away", 1_700_000_000_000_000_000
    report = opamp_pb2.AgentToServer(
        instance_uid=b"fedcba9876543210", capabilities=0x801, health=health
    )
    report.effective_config.config_map.config_map[""].body = b"receivers: {}" * 1000
    with Clew("store", tmp_path) as store:
        answer = requests.post(
            opamp_url(store), data=gzip.compress(report.SerializeToString()),
            headers=PROTOBUF | {"Content-Encoding": "gzip"}, timeout=10,
        )  # fmt: skip
        assert answer.status_code == 200
        said = opamp_pb2.ServerToAgent.FromString(answer.content)
        assert said.instance_uid == b"fedcba9876543210"
        assert said.capabilities == opamp_pb2.ServerCapabilities_AcceptsStatus
        assert said.flags == opamp_pb2.ServerToAgentFlags_ReportFullState  # no description
        (known,) = agents_of(store)
        assert (known["state"], known["lastError"]) == ("unhealthy", "a part fails")
        away = part(known, "pipeline:traces", "exporter:x")
        assert (away["lastError"], away["statusUs"]) == ("away", 1_700_000_000_000_000)
        wrong = requests.post(opamp_url(store), data=b"\x0a\xff", headers=PROTOBUF, timeout=10)
        assert wrong.status_code == 400
        refused = opamp_pb2.ServerToAgent.FromString(wrong.content).error_response
        assert refused.type == opamp_pb2.ServerErrorResponseType_BadRequest


@pytest.mark.skipif(
    not COLLECTOR.exists(), reason="there is no Collector: tools/build-collector makes one"
)
def test_an_opentelemetry_collector_reports(tmp_path):
    with Clew("store", tmp_path) as store:
        dead, otlp = free_port(), free_port()
        config = {
            "receivers": {"otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{otlp}"}}}},
            "exporters": {"otlphttp": {"endpoint": f"http://127.0.0.1:{dead}"}},
            "extensions": {
                "opamp": {
                    "server": {"http": {"endpoint": opamp_url(store), "polling_interval": "1s"}},
                    "agent_description": {"non_identifying_attributes": {"rack": "r7"}},
                }
            },
            "service": {
                "extensions": ["opamp"],
                "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["otlphttp"]}},
                "telemetry": {"metrics": {"level": "none"}},
            },
        }
        (tmp_path / "collector.yaml").write_text(json.dumps(config))
        with (tmp_path / "collector.log").open("wb") as log:
            collector = subprocess.Popen(
                [COLLECTOR, "--config", tmp_path / "collector.yaml"], stdout=log, stderr=log
            )
        try:
            known = wait_for_agent(store, lambda agent: agent["state"] == "healthy")
            assert (known["service"], known["version"]) == ("collector", "0.149.0")
            assert {"name": "rack", "value": "r7"} in known["attributes"]
            names = [name for each in known["parts"] for name in each["path"]]
            assert any("exporter:otlphttp" in name for name in names), known["parts"]
        finally:
            collector.terminate()
            collector.wait(timeout=20)  # over plain HTTP it says no goodbye
