"""TLS on every listener, client certificates, and an agent that shows one."""

import subprocess

import pytest
import requests

from clew import Clew
from otlp_requests import request


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A CA, and a certificate of it that serves 127.0.0.1 and works for clients too."""
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*args: str) -> None:
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-days", "2", "-subj", "/CN=test CA")  # fmt: skip
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "request.pem",
            "-subj", "/CN=127.0.0.1")  # fmt: skip
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2",
            "-CAcreateserial", "-extfile", "names", "-out", "cert.pem")  # fmt: skip
    return folder


def test_agent_and_store_over_mutual_tls(certificates, tmp_path):
    ca, cert, key = (str(certificates / name) for name in ("ca.pem", "cert.pem", "key.pem"))
    store = Clew("store", tmp_path, "--tls-cert-file", cert, "--tls-key-file", key,
                 "--tls-client-ca-file", ca)  # fmt: skip
    store.scheme, store.session.verify, store.session.cert = "https", ca, (cert, key)
    with store:
        with Clew("agent", tmp_path, "--exporter-otlp-endpoint", f"127.0.0.1:{store.grpc}",
                  "--exporter-otlp-tls-ca-file", ca, "--exporter-otlp-tls-cert-file", cert,
                  "--exporter-otlp-tls-key-file", key) as agent:  # fmt: skip
            body, trace_id = request(3)
            assert agent.otlp(body).status_code == 200
            assert len(store.wait_for_trace(trace_id, 3)["spans"]) == 3
        with pytest.raises(requests.exceptions.RequestException):
            requests.get(store.url("/health"), verify=ca, timeout=10)  # shows no certificate


def test_a_wrong_key_is_named(certificates, tmp_path):
    store = Clew("store", tmp_path, "--tls-cert-file", str(certificates / "cert.pem"),
                 "--tls-key-file", str(certificates / "ca.key"))  # fmt: skip
    with pytest.raises(AssertionError, match="ca.key"):
        store.start()
