"""TLS between a proxy and its control plane, and certificates that change while requests go on."""

from __future__ import annotations

import contextlib
import pathlib
import threading

import pytest
import requests

from clew import free_port, wait_until
from mesh import App, ControlPlane, Proxy, allow, mesh, sidecar, zone
from test_tls import certificates  # noqa: F401


class OverTls(ControlPlane):
    """Whose listeners speak TLS only."""

    def __init__(self, directory: pathlib.Path, folder: pathlib.Path):
        ca, cert, key = (str(folder / name) for name in ("ca.pem", "cert.pem", "key.pem"))
        super().__init__(directory, "--tls-cert-file", cert, "--tls-key-file", key)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = ca

    def url(self, path: str) -> str:
        return super().url(path).replace("http:", "https:")

    def _is_ready(self) -> bool:
        with contextlib.suppress(requests.ConnectionError):
            return self.session.get(self.url("/ready"), timeout=5).ok
        return False

    def cli(self, *args: str, stdin: str = "", ok: bool = True) -> str:
        return super().cli(*args, "--ca-cert-file", self.session.verify, stdin=stdin, ok=ok)


def test_a_proxy_trusts_a_control_plane_of_its_ca_only(certificates, tmp_path):  # noqa: F811
    with contextlib.ExitStack() as stack:
        app = stack.enter_context(App("shop"))
        plane = stack.enter_context(OverTls(tmp_path, certificates))
        one = sidecar("shop-1", "shop", "fra", app.port)
        plane.apply(mesh(None), zone("fra"), one)
        https = ("--cp-address", f"https://127.0.0.1:{plane.xds}")
        ca = ("--ca-cert-file", str(certificates / "ca.pem"))
        plain = Proxy(plane, "shop-1")
        for proxy in (Proxy(plane, "shop-1", *ca), Proxy(plane, "shop-1")):
            # Instead of the address over http, which comes first.
            at = proxy.command.index("--cp-address")
            proxy.command[at : at + 2] = https
            with proxy:
                if "--ca-cert-file" in proxy.command:
                    plane.wait_until_online("shop-1")
                    url = f"http://127.0.0.1:{one['networking']['inbound'][0]['port']}/"
                    assert requests.get(url, timeout=10).text == "shop"
                else:  # the system's, which do not know it
                    wait_until(lambda: failures(proxy) > 1)
                    assert plane.proxies()["shop-1"]["status"] == "offline"
        with plain:
            wait_until(lambda: failures(plain) > 1)
            assert plane.proxies()["shop-1"]["status"] == "offline"


def failures(proxy: Proxy) -> int:
    """How often its Envoy tried in vain to talk to the control plane."""
    with contextlib.suppress(requests.ConnectionError):
        return sum(proxy.stats("control_plane.*(connect_fail|pending_failure_eject)"
                               "|cluster.*control.*(connect_fail|rx_reset|cx_destroy)$").values())
    return 0


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """`buyer`, who calls `shop`, over mutual TLS."""
    with contextlib.ExitStack() as stack:
        app = stack.enter_context(App("shop"))
        plane = stack.enter_context(ControlPlane(tmp_path_factory.mktemp("pair")))
        port = free_port()
        plane.apply(
            mesh(), zone("fra"), sidecar("shop-1", "shop", "fra", app.port),
            sidecar("buyer-1", "buyer", "fra", free_port(), {port: "shop"}), allow("shop", "buyer"),
        )  # fmt: skip
        names = ("shop-1", "buyer-1")
        proxies = {name: stack.enter_context(Proxy(plane, name)) for name in names}
        plane.wait_until_online(*names)
        yield app, plane, proxies, f"http://127.0.0.1:{port}/"


def test_new_certificates_end_no_connection(pair):
    """As they come at two thirds of a certificate's life, or from another authority at once."""
    app, plane, proxies, url = pair
    assert requests.get(url, timeout=10).text == "shop"

    def connections() -> dict[str, int]:
        return proxies["buyer-1"].stats("cluster.shop.upstream_cx_(total|destroy)$")

    def serial() -> str:
        shown = plane.url("/meshes/default/dataplanes/shop-1/_overview")
        return requests.get(shown, timeout=10).json()["certificate"]["serial"]

    def taken() -> list[int]:
        """How often either proxy has taken new certificates or authorities."""
        return [
            sum(proxy.stats("ssl_context_update_by_sds").values()) for proxy in proxies.values()
        ]

    before, first, taken_before = connections(), serial(), taken()
    arrived, answer = threading.Event(), threading.Event()
    original = app.server.RequestHandlerClass.do_GET

    def wait_first(handler) -> None:
        arrived.set()
        answer.wait(60)
        original(handler)

    app.server.RequestHandlerClass.do_GET = wait_first
    results: list[str] = []
    asking = threading.Thread(target=lambda: results.append(requests.get(url, timeout=90).text))
    asking.start()
    try:
        assert arrived.wait(30)
        for step in ("begin", "activate"):
            plane.cli("authority", step)
            plane.wait_until_online(*proxies)
        wait_until(lambda: serial() != first)
        wait_until(lambda: all(now > then for now, then in zip(taken(), taken_before)))
    finally:
        answer.set()
        asking.join()
        app.server.RequestHandlerClass.do_GET = original
    assert results == ["shop"]
    assert requests.get(url, timeout=10).text == "shop"
    assert connections() == before
