"""MeshAccessLog: what Envoys write of a request that passes all hops."""

from __future__ import annotations

import contextlib

import pytest

from clew import wait_until
from hops import Hops
from mesh import ALL, policy

FORMAT = (
    "%REQ(:PATH)% %KUMA_TRAFFIC_DIRECTION% %KUMA_MESH% %KUMA_ZONE% %KUMA_SOURCE_SERVICE% "
    "%KUMA_SOURCE_ADDRESS% %KUMA_SOURCE_ADDRESS_WITHOUT_PORT% %KUMA_DESTINATION_SERVICE%"
)


@pytest.fixture(scope="module")
def hops(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield Hops(tmp_path_factory.mktemp("hops"), stack)


def test_kumas_words_stand_for_what_they_stand_for_in_kuma(hops):
    file = hops.plane.directory / "access.log"
    log = {"type": "File", "file": {"path": str(file), "format": {"plain": FORMAT}}}
    rules = [{"targetRef": ALL, "default": {"backends": [log]}}]
    everywhere = policy("MeshAccessLog", "all", targetRef=ALL, **{"from": rules, "to": rules})
    hops.plane.apply(everywhere)
    hops.plane.wait_until_online(*hops.proxies)

    def lines_of(path: str, count: int) -> list[str]:
        lines = file.read_text().splitlines() if file.exists() else []
        found = [line.partition(" ")[2] for line in lines if line.startswith(path)]
        return sorted(found) if len(found) == count else []

    inbound = "INBOUND default {} unknown 127.0.0.1:0 127.0.0.1 {}"
    got = hops.ask("edge")
    assert wait_until(lambda: lines_of(got.path, 3)) == [
        inbound.format("ams", "shop"),
        inbound.format("fra", "shop"),
        inbound.format("fra", "shop"),
    ]
    nowhere = hops.ask("edge", host="unknown.test")
    assert wait_until(lambda: lines_of(nowhere.path, 1)) == [inbound.format("ams", "-")]
    got = hops.ask("outbound", host="plain")
    assert wait_until(lambda: lines_of(got.path, 2)) == [
        inbound.format("fra", "plain"),
        "OUTBOUND default fra shop 127.0.0.1:0 127.0.0.1 plain",
    ]
