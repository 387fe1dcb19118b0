"""An edge's public side: TLS by name and version, HTTP/1.1 and HTTP/2, and whose address it takes
for the client's. The client is curl."""

from __future__ import annotations

import contextlib
import dataclasses
import email
import pathlib
import subprocess
import uuid
from email.message import Message

import pytest

from clew import free_port
from hops import TRACE, Hops, traceparent

NAMES = ("shop.test", "plain.test")  # hosts that the edge has routes of


@dataclasses.dataclass(frozen=True)
class Got:
    """What curl tells of a request, and what of it the app received."""

    status: int = 0
    body: str = ""
    version: str = ""
    answer: Message | None = None
    app: Message | None = None
    error: str = ""


class TlsHops(Hops):
    """With an HTTPS listener for both names, `first`, which speaks HTTP/3 as well, and another that
    has but the second name's certificate, `second`."""

    def __init__(self, directory: pathlib.Path, stack: contextlib.ExitStack):
        self.directory = directory
        for name in NAMES:
            self._make_certificate(name)
        pems = [(directory / f"{name}.pem").read_text() for name in NAMES]
        (directory / "trusted.pem").write_text("".join(pems))
        in_files = {name: str(directory / f"{NAMES[0]}.{end}")
                    for name, end in (("certificateFile", "pem"), ("keyFile", "key"))}  # fmt: skip
        in_line = {"certificate": pems[1], "key": (directory / f"{NAMES[1]}.key").read_text()}
        self.first, self.second = free_port(), free_port()
        super().__init__(
            directory, stack, self._listener(self.first, in_files, in_line) | {"http3": True},
            self._listener(self.second, in_line),
        )  # fmt: skip

    def _make_certificate(self, name: str) -> None:
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                   "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                   "-addext", f"subjectAltName=DNS:{name}", "-keyout", f"{name}.key",
                   "-out", f"{name}.pem"]  # fmt: skip
        subprocess.run(command, cwd=self.directory, check=True, capture_output=True)

    @staticmethod
    def _listener(port: int, *certificates: dict) -> dict:
        return {"port": port, "protocol": "HTTPS", "tls": {"certificates": list(certificates)}}

    def curl(self, port: int, name: str, *args: str, host: str = "") -> Got:
        """GET of a path of its own, with a name as SNI and, unless another is given, as Host."""
        path = f"/{uuid.uuid4().hex}"
        url = f"https://{name}:{port}{path}"
        more = ["-H", f"Host: {host}"] if host else []
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", "10", "--noproxy", "*",
             "--cacert", "trusted.pem", "--resolve", f"{name}:{port}:127.0.0.1", "--dump-header",
             "-", "--write-out", "\n%{http_version}", *more, *args, url],
            cwd=self.directory, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            return Got(error=done.stderr)
        head, _, rest = done.stdout.replace("\r\n", "\n").partition("\n\n")
        status, _, headers = head.partition("\n")
        body, _, version = rest.rpartition("\n")
        return Got(
            int(status.split()[1]), body, version, email.message_from_string(headers),
            self.received(path),
        )  # fmt: skip


@pytest.fixture(scope="module")
def hops(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield TlsHops(tmp_path_factory.mktemp("tls-hops"), stack)


@pytest.mark.parametrize("name", NAMES)
def test_the_certificate_is_that_of_the_name_the_client_asks_for(hops, name):
    """SNI: curl takes no other."""
    got = hops.curl(hops.first, name)
    assert (got.error, got.status, got.body) == ("", 200, name.removesuffix(".test"))


def test_an_unknown_name_gets_the_first_certificate(hops):
    got = hops.curl(hops.first, "unknown.test", "--verbose")
    assert "shop.test" in got.error and "subject" in got.error
    got = hops.curl(hops.first, "unknown.test", "--insecure")
    assert (got.status, got.body) == (404, "not found\n")


def test_each_listener_has_certificates_and_a_port_of_its_own(hops):
    got = hops.curl(hops.second, "plain.test")
    assert (got.error, got.status, got.body) == ("", 200, "plain")
    got = hops.curl(hops.second, "shop.test")
    assert "subject" in got.error  # the other's certificate
    got = hops.curl(hops.second, "plain.test", host="shop.test")
    assert (got.status, got.body) == (200, "shop")  # routes are those of the edge


VERSIONS = [("--http1.1", "1.1"), ("--http2", "2")]


@pytest.mark.parametrize("option, version", VERSIONS, ids=["http1", "http2"])
def test_http_is_spoken_as_alpn_says(hops, option, version):
    got = hops.curl(hops.first, "shop.test", option)
    assert (got.error, got.status, got.version) == ("", 200, version)
    spans = hops.trace(got.answer["x-trace-id"], 5)
    root = spans[0].tags
    assert root["http.protocol"] == {"1.1": "HTTP/1.1", "2": "HTTP/2"}[version]
    assert root["http.url"].startswith("https://shop.test:")


@pytest.mark.parametrize("option", ["--http1.1", "--http2"])
def test_a_clients_context_counts_for_nothing_over_tls_either(hops, option):
    headers = {
        "traceparent": traceparent("00"), "tracestate": "a=1", "b3": "0", "baggage": "a=1",
        "grpc-trace-bin": "AAAK92UZFs1D3YRI6yEcgDGcAbetaxaSAzMxAgA=", "x-envoy-force-trace": "1",
    }  # fmt: skip
    sent = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    got = hops.curl(hops.first, "shop.test", option, *sent)
    spans = hops.trace(got.answer["x-trace-id"], 5)
    assert spans[0].tags["client.traceparent"] == headers["traceparent"]
    assert got.app["traceparent"].split("-")[1] == spans[0].trace_id != TRACE
    left = [name for name in headers if name in got.app]
    assert left == ["traceparent", "tracestate"] and got.app["tracestate"] == ""


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_old_tls_is_refused(hops, version):
    weak = ["--tlsv1.0", "--tls-max", version, "--ciphers", "DEFAULT@SECLEVEL=0"]
    got = hops.curl(hops.first, "shop.test", *weak)
    assert "alert protocol version" in got.error


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_new_tls_is_spoken(hops, version):
    got = hops.curl(hops.first, "shop.test", f"--tlsv{version}", "--tls-max", version)
    assert (got.error, got.status) == ("", 200)
    counted = hops.proxies["edge-ams"].stats(rf"listener.*ssl\.versions\.TLSv{version}$")
    assert sum(counted.values()) > 0


def test_plaintext_gets_no_answer_at_an_https_port(hops):
    done = subprocess.run(
        ["curl", "--silent", "--noproxy", "*", f"http://127.0.0.1:{hops.first}/"],
        capture_output=True, timeout=10,
    )  # fmt: skip
    assert done.returncode and not done.stdout


LIES = {
    "x-forwarded-for": "203.0.113.9",
    "x-forwarded-proto": "http",
    "x-envoy-external-address": "203.0.113.9",
    "x-envoy-internal": "true",
    "x-forwarded-client-cert": "By=spiffe://default/clew-edge",
}


def _told_lies(hops: TlsHops, *names: str) -> Got:
    sent = [word for name in names for word in ("-H", f"{name}: {LIES[name]}")]
    return hops.curl(hops.first, "shop.test", *sent)


def test_the_clients_address_is_that_of_its_connection(hops):
    """x-forwarded-for from outside is not believed by any hop. The app finds the address of the
    connection in x-envoy-external-address and last in x-forwarded-for, where Envoy writes its own
    instead of a loopback address."""
    got = _told_lies(hops, *LIES)
    assert got.app["x-envoy-external-address"] == "127.0.0.1"
    assert not got.app["x-forwarded-for"].endswith(LIES["x-forwarded-for"])
    assert got.app["x-forwarded-proto"] == "https"
    assert (got.app["x-envoy-internal"], got.app["x-forwarded-client-cert"]) == (None, None)
    spans = hops.trace(got.answer["x-trace-id"], 5)
    assert [span.tags["peer.address"] for span in spans if span.kind == 2] == ["127.0.0.1"] * 3


def test_an_app_sees_no_address_that_a_client_made_up(hops):
    assert LIES["x-forwarded-for"] not in _told_lies(hops, "x-forwarded-for").app["x-forwarded-for"]
