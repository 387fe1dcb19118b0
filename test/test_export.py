"""The agent's ways out, into real peers, with everything that may change or fail on the way."""

import crypt
import json
import pathlib
import subprocess
import sys
import time

import grpc
import pytest
import requests

from clew import REPO, Clew, wait_until
from fault_peer import FaultPeer, GrpcFaultPeer
from otlp_requests import request, rich_request

sys.path += [str(REPO / "bench" / part) for part in ("lib", "store")]
import servers  # noqa: E402  how real peers are fetched and started

SPANS = 3


def agent_with(config: str, tmp_path, *args: str) -> Clew:
    file = tmp_path / "agent.yaml"
    file.write_text(config)
    return Clew("agent", tmp_path, "--config", str(file), *args)


class Certificates:
    """A new authority, and a certificate of it for 127.0.0.1, in the files of `folder`."""

    def __init__(self, folder: pathlib.Path):
        folder.mkdir(exist_ok=True)
        self.ca, self.cert, self.key = (
            str(folder / name) for name in ("ca.pem", "cert.pem", "key.pem")
        )
        self.folder = folder
        self.issue()

    def issue(self) -> None:
        """Replaces all of them, each at once."""

        def openssl(*args: str) -> None:
            subprocess.run(["openssl", *args], cwd=self.folder, check=True, capture_output=True)

        (self.folder / "names").write_text("subjectAltName=IP:127.0.0.1")
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out",
                "new-ca.pem", "-days", "2", "-subj", f"/CN=CA {time.time_ns()}")  # fmt: skip
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "new-key.pem", "-out",
                "request.pem", "-subj", "/CN=127.0.0.1")  # fmt: skip
        openssl("x509", "-req", "-in", "request.pem", "-CA", "new-ca.pem", "-CAkey", "ca.key",
                "-days", "2", "-CAcreateserial", "-extfile", "names", "-out",
                "new-cert.pem")  # fmt: skip
        for name in ("ca.pem", "key.pem", "cert.pem"):
            (self.folder / f"new-{name}").rename(self.folder / name)


def write_user(file: pathlib.Path, password: str) -> None:
    salt = crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=2**5)
    file.write_text(f"fra1:{crypt.crypt(password, salt)}\n")


def secured_store(tmp_path, certificates: Certificates, users: pathlib.Path) -> Clew:
    store = Clew("store", tmp_path, "--tls-cert-file", certificates.cert,
                 "--tls-key-file", certificates.key, "--tls-client-ca-file", certificates.ca,
                 "--auth-htpasswd-file", str(users))  # fmt: skip
    store.scheme = "https"
    store.session.verify = certificates.ca
    store.session.cert = (certificates.cert, certificates.key)
    store.session.auth = ("fra1", "one")
    return store


@pytest.mark.parametrize("kind", ["otlp", "otlphttp"])
def test_passwords_and_certificates_change_while_it_runs(kind, tmp_path):
    certificates = Certificates(tmp_path / "tls")
    users, password = tmp_path / "htpasswd", tmp_path / "password"
    write_user(users, "one")
    password.write_text("  one\n")
    store = secured_store(tmp_path, certificates, users)
    endpoint = f"127.0.0.1:{store.grpc}"
    if kind == "otlphttp":
        endpoint = f"https://127.0.0.1:{store.otlp_http}"
    tls = {"ca_file": certificates.ca, "cert_file": certificates.cert,
           "key_file": certificates.key}  # fmt: skip
    exporter = {
        "endpoint": endpoint,
        "compression": "gzip" if kind == "otlp" else "zstd",
        "tls": tls,
        "basic_auth": {"username": "fra1", "password_file": str(password)},
    }
    config = json.dumps({"exporters": {kind: exporter}})  # JSON is YAML
    with store, agent_with(config, tmp_path, "--retry-max-interval", "1s") as agent:

        def delivers():
            body, trace_id = request(SPANS)
            assert agent.otlp(body).status_code == 200
            assert len(store.wait_for_trace(trace_id, SPANS)["spans"]) == SPANS

        delivers()
        write_user(users, "two")
        store.session.auth = ("fra1", "two")
        password.write_text("two\n\n")
        delivers()

        certificates.issue()
        store.stop()
        store.start()
        delivers()
        assert agent.metric("clew_exporter_send_failed_spans_total") == 0
        assert "two" not in agent.log.read_text()


def test_listeners_admit_only_whom_they_know(tmp_path):
    tokens, users = tmp_path / "tokens", tmp_path / "htpasswd"
    tokens.write_text("t0ken\n")
    write_user(users, "one")
    store = Clew("store", tmp_path, "--auth-token-file", str(tokens),
                 "--auth-htpasswd-file", str(users))  # fmt: skip
    with store:
        body, trace_id = request(SPANS)
        refused = store.otlp(body)
        assert refused.status_code == 401
        assert "Basic" in refused.headers["WWW-Authenticate"]
        assert "Bearer" in refused.headers["WWW-Authenticate"]
        for path, status in {"/health": 200, "/ready": 200, "/metrics": 401, "/": 401}.items():
            assert requests.get(store.url(path), timeout=10).status_code == status, path
        config = json.dumps({"exporters": {
            "otlp": {"endpoint": f"127.0.0.1:{store.grpc}", "bearer_token_file": str(tokens)},
        }})  # fmt: skip
        with agent_with(config, tmp_path) as agent:
            assert agent.otlp(body).status_code == 200
            store.session.auth = ("fra1", "one")
            store.wait_for_trace(trace_id, SPANS)


@pytest.fixture(scope="module")
def zipkin():
    server = servers.zipkin(1000)
    assert server, "the Zipkin server could not be fetched"
    with server:
        yield server


def test_a_zipkin_server_gets_what_was_sent(zipkin, tmp_path):
    url = f"http://127.0.0.1:{zipkin.ports['zipkin']}"
    config = json.dumps({"exporters": {"zipkin": {"endpoint": f"{url}/api/v2/spans"}}})
    with agent_with(config, tmp_path) as agent:
        body, trace_id = rich_request()
        assert agent.otlp(body).status_code == 200

        def trace():
            answer = requests.get(f"{url}/api/v2/trace/{trace_id}", timeout=10)
            return answer.json() if answer.status_code == 200 else None

        spans = {span["name"]: span for span in wait_until(trace)}
    root, child = spans["get /cart"], spans["select"]
    assert (root["traceId"], root["kind"]) == (trace_id, "SERVER")
    assert root["localEndpoint"] == {"serviceName": "shop"}
    assert (root["timestamp"], root["duration"]) == (1_700_000_000_000_000, 5_000)
    assert root["tags"] == {
        "deployment.environment": "test", "http.method": "GET", "http.status_code": "500",
        "ratio": "0.5", "cached": "false", "list": '["a",1]', "error": "no stock",
        "otel.status_code": "ERROR", "otel.status_description": "no stock",
        "otel.scope.name": "io.test", "otel.scope.version": "1.2", "w3c.tracestate": "ot=th:8",
    }  # fmt: skip
    assert root["annotations"] == [
        {"timestamp": 1_700_000_000_001_000, "value": 'retry|{"attempt":2}|0'}
    ]
    assert child["parentId"] == root["id"]
    assert child["remoteEndpoint"] == {"serviceName": "db", "ipv4": "10.0.0.7", "port": 5432}
    assert child["tags"]["otlp.link.0"] == f"{'11' * 16}|{'22' * 8}||{{}}|0"


@pytest.fixture(scope="module")
def jaeger():
    server = servers.jaeger(None, 1000)
    assert server, "Jaeger could not be built"
    with server:
        yield server


def test_jaeger_reads_its_own_format_as_it_reads_otlp(jaeger, tmp_path):
    query = f"http://127.0.0.1:{jaeger.ports['query']}"
    endpoint = f"127.0.0.1:{jaeger.ports['jaeger']}"

    def trace_of(trace_id: str):
        answer = requests.get(f"{query}/api/traces/{trace_id}", timeout=10)
        if answer.status_code != 200 or len(answer.json()["data"][0]["spans"]) < 2:
            return None
        return comparable(answer.json()["data"][0])

    directly, own_id = rich_request()
    answer = requests.post(f"http://127.0.0.1:{jaeger.ports['http']}/v1/traces", data=directly,
                           headers={"Content-Type": "application/x-protobuf"},
                           timeout=10)  # fmt: skip
    assert answer.status_code == 200
    config = json.dumps({"exporters": {"jaeger": {"endpoint": endpoint}}})
    with agent_with(config, tmp_path) as agent:
        body, trace_id = rich_request()
        assert agent.otlp(body).status_code == 200
        assert wait_until(lambda: trace_of(trace_id)) == wait_until(lambda: trace_of(own_id))


def comparable(trace: dict) -> dict:
    """A trace of Jaeger's API without what differs from one trace to the next: IDs, and order."""

    def tags(entries):
        return sorted((tag["key"], tag["type"], str(tag["value"])) for tag in entries)

    processes = {
        key: (process["serviceName"], tags(process["tags"]))
        for key, process in trace["processes"].items()
    }
    return {
        span["operationName"]: {
            "times": (span["startTime"], span["duration"]),
            "tags": [tag for tag in tags(span["tags"]) if tag[0] != "internal.span.format"],
            "logs": [(log["timestamp"], tags(log["fields"])) for log in span["logs"]],
            "references": [reference["refType"] for reference in span["references"]],
            "process": processes[span["processID"]],
        }
        for span in trace["spans"]
    }


def test_several_exporters_and_routes(tmp_path):
    audit = tmp_path / "out" / "audit.json"
    config = {
        "exporters": {
            "file/audit": {"path": str(audit)},
            "file/all": {"path": str(tmp_path / "all.json")},
            "debug": {"verbosity": "normal"},
            "otlphttp/away": {"endpoint": "http://127.0.0.1:1", "timeout": "1s"},
        },
        "routing": [
            {"tenant": "audit", "attribute": {"service.name": "shop"}, "exporters": ["file/audit"]},
            {"exporters": ["file/all", "debug", "otlphttp/away"]},
        ],
    }
    agent = agent_with(json.dumps(config), tmp_path, "--shutdown-timeout", "2s")
    with agent:
        for tenant, service in (("audit", "shop"), ("audit", "cart"), ("other", "shop")):
            body, _ = request(1, service)
            assert agent.otlp(body, X_Scope_OrgID=tenant).status_code == 200
        everything = tmp_path / "all.json"
        wait_until(lambda: everything.exists() and len(everything.read_text().splitlines()) == 2)
        (line,) = wait_until(lambda: audit.exists() and audit.read_text().splitlines())
        (resource,) = json.loads(line)["resourceSpans"]
        assert resource["resource"]["attributes"][0]["value"] == {"stringValue": "shop"}
        assert len(resource["scopeSpans"][0]["spans"]) == 1
        wait_until(lambda: agent.log.read_text().count('"step 0"') == 2)  # what debug prints
        assert requests.get(agent.url("/ready"), timeout=10).status_code == 200
        agent.process.terminate()  # what could not be delivered is told by exporter
        assert agent.process.wait(timeout=20) == 1
        assert "2 spans were not delivered by otlphttp/away" in agent.log.read_text()


def fault_config(peer: FaultPeer) -> str:
    retry = {"initial_interval": "20ms", "max_interval": "100ms"}
    return json.dumps({"exporters": {
        "otlphttp": {"endpoint": peer.url, "timeout": "500ms", "retry_on_failure": retry},
    }})  # fmt: skip


@pytest.mark.parametrize(
    "fault", [429, 502, 503, 504, "slow", "hang up", "half", "black hole"], ids=str
)
def test_what_a_peer_cannot_take_now_is_sent_again(fault, tmp_path):
    with FaultPeer(fault, fault) as peer, agent_with(fault_config(peer), tmp_path) as agent:
        assert agent.otlp(request(SPANS)[0]).status_code == 200
        wait_until(lambda: agent.metric("clew_exporter_sent_spans_total") == SPANS)
        assert sorted(set(peer.names)) == [f"step {i}" for i in range(SPANS)]
        assert agent.metric("clew_exporter_send_failed_spans_total") == 0
        assert agent.metric("clew_exporter_retries_total") >= 2


def test_a_peer_says_when_to_come_back(tmp_path):
    with FaultPeer((503, {"Retry-After": "2"})) as peer:
        with agent_with(fault_config(peer), tmp_path) as agent:
            assert agent.otlp(request(SPANS)[0]).status_code == 200
            wait_until(lambda: peer.names)
            assert peer.times[1] - peer.times[0] >= 2


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 413, 415, 500, 501])
def test_what_a_peer_refuses_for_good_is_counted_and_never_repeated(status, tmp_path):
    with FaultPeer(status) as peer, agent_with(fault_config(peer), tmp_path) as agent:
        assert agent.otlp(request(SPANS)[0]).status_code == 200
        wait_until(lambda: agent.metric("clew_exporter_send_failed_spans_total") == SPANS)
        assert agent.otlp(request(1)[0]).status_code == 200
        wait_until(lambda: agent.metric("clew_exporter_sent_spans_total") == 1)
        assert (len(peer.times), peer.names) == (2, ["step 0"])
        assert f"HTTP {status}: the peer's own words" in agent.log.read_text()


def test_a_partial_success_is_never_repeated(tmp_path):
    with FaultPeer("partial") as peer, agent_with(fault_config(peer), tmp_path) as agent:
        assert agent.otlp(request(SPANS)[0]).status_code == 200
        wait_until(lambda: agent.metric("clew_exporter_rejected_spans_total") == 1)
        assert len(peer.times) == 1
        assert "one is too old" in agent.log.read_text()


def grpc_config(peer: GrpcFaultPeer) -> str:
    retry = {"initial_interval": "20ms", "max_interval": "100ms"}
    return json.dumps({"exporters": {
        "otlp": {"endpoint": f"127.0.0.1:{peer.port}", "retry_on_failure": retry},
    }})  # fmt: skip


RETRIED = ("CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS")


@pytest.mark.parametrize("code", [c for c in grpc.StatusCode if c != grpc.StatusCode.OK], ids=str)
def test_each_grpc_code_means_what_the_specification_says(code, tmp_path):
    with GrpcFaultPeer(code, 2) as peer, agent_with(grpc_config(peer), tmp_path) as agent:
        assert agent.otlp(request(SPANS)[0]).status_code == 200
        if code.name in RETRIED:
            wait_until(lambda: agent.metric("clew_exporter_sent_spans_total") == SPANS)
            assert len(peer.names) == SPANS
        else:
            wait_until(lambda: agent.metric("clew_exporter_send_failed_spans_total") == SPANS)
            assert (peer.left, peer.names) == (1, [])
            assert f"{code.name}: the peer's own words" in agent.log.read_text()


def test_resource_exhausted_with_retry_info_is_sent_again(tmp_path):
    # google.rpc.Status { code: 8, details: [RetryInfo { retry_delay { nanos: 100000000 } }] }
    delay = b"\x10\x80\xc2\xd7\x2f"
    info = b"\x0a" + bytes([len(delay)]) + delay
    kind = b"type.googleapis.com/google.rpc.RetryInfo"
    detail = b"\x0a" + bytes([len(kind)]) + kind + b"\x12" + bytes([len(info)]) + info
    status = b"\x08\x08\x1a" + bytes([len(detail)]) + detail
    with GrpcFaultPeer(grpc.StatusCode.RESOURCE_EXHAUSTED, 2, status) as peer:
        with agent_with(grpc_config(peer), tmp_path) as agent:
            assert agent.otlp(request(SPANS)[0]).status_code == 200
            wait_until(lambda: len(peer.names) == SPANS)


@pytest.mark.parametrize(
    ("exporter", "problem"),
    [
        ("{endpoint: 'h:1', basic_auth: {username: u, password: x, password_file: /x}}",
         "agent.yaml:2: exporters.otlp.basic_auth: set password or password_file, not both"),
        ("{endpoint: 'h:1', bearer_token: x, oauth2: {client_id: c, client_secret: x,"
         " token_url: 'http://h'}}", "bearer_token and oauth2 exclude each other; keep one"),
        ("{endpoint: 'h:1', compresion: gzip}", "did you mean exporters.otlp.compression?"),
        ("{endpoint: 'h:1', tls: {insecure: true, ca_file: /x}}", "insecure means plaintext"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_file_is_told_with_its_line(exporter, problem, tmp_path):
    agent = agent_with(f"exporters:\n  otlp: {exporter}\n", tmp_path)
    with pytest.raises(AssertionError):
        agent.start()
    assert problem in agent.log.read_text()
