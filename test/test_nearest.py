"""What edges do about core locations that are far, full, dead or back: real Envoys in a lab with
real distances, over which the control plane decides."""

from __future__ import annotations

import json
import time

import pytest
import requests

from clew import wait_until
from mesh import policy
from netlab.lab import Lab
from netlab.load import Record
from netlab.mesh_lab import RETRIES, MeshLab

EDGES = {"ams": (52.4, 4.9), "nyc": (40.7, -74.0)}
CORES = {"fra": (50.1, 8.7), "was": (38.9, -77.0), "tyo": (35.7, 139.7)}
DELAYS = {
    ("ams", "fra"): 5, ("ams", "was"): 40, ("ams", "tyo"): 110,
    ("nyc", "fra"): 40, ("nyc", "was"): 5, ("nyc", "tyo"): 80,
}  # fmt: skip
CAPACITY = 40  # of one instance of "small", in requests per second



@pytest.fixture(scope="module")
def world(tmp_path_factory):
    if reason := Lab.why_not():
        pytest.skip(f"no lab of network sites here: {reason}")
    small = {"selector": {"dataplaneTags": {"kuma.io/service": "small"}},
             "capacity": {"requestsPerSecond": CAPACITY}}  # fmt: skip
    with MeshLab(
        tmp_path_factory.mktemp("lab"), edges=EDGES, cores=CORES, services=["shop", "small"],
        delays=DELAYS, jitter=0.1, more=[RETRIES, policy("MeshService", "small", **small)],
    ) as world:  # fmt: skip
        wait_until(lambda: all(one["measured"] for one in routes(world, "ams")))
        yield world


def routes(world: MeshLab, edge: str, service: str = "shop") -> list[dict]:
    return json.loads(world.plane.cli("routes", edge, service, "--json"))["zones"]


def order(world: MeshLab, edge: str) -> list[str]:
    return [one["zone"] for one in routes(world, edge)]


def cores_of(records: list[Record], edge: str, since: float = 0) -> set[str]:
    return {one.core for one in records if one.edge == edge and one.begin >= since}


def test_the_order_is_that_of_the_cost_and_jitter_moves_nobody(world):
    with world.load(60, ["shop"]) as load:
        time.sleep(10)
    records = load.records()
    assert {one.status for one in records} == {200}
    assert (cores_of(records, "ams"), cores_of(records, "nyc")) == ({"fra"}, {"was"})
    for edge, expected in (("ams", ["fra", "was", "tyo"]), ("nyc", ["was", "fra", "tyo"])):
        shown = routes(world, edge)
        assert [one["zone"] for one in shown] == expected
        assert [one["reason"] for one in shown] == ["nearest", "failover", "failover"]
        for one in shown:
            round_trip = 2 * DELAYS[edge, one["zone"]]
            assert 0.85 * round_trip < one["round_trip_ms"] < 1.5 * round_trip + 20, one
    assert world.plane.cli("routes", "ams", "shop").splitlines()[1].split()[:4] == [
        "1", "fra", "100", "%"]  # fmt: skip
    zones = world.plane.cli("zones")
    assert zones.split()[:4] == ["EDGE", "fra", "tyo", "was"]
    metrics = requests.get(world.plane.url("/metrics"), timeout=10).text
    assert 'clew_mesh_edge_zone_up{edge="ams",zone="fra"} 1' in metrics
    assert 'clew_mesh_edge_round_trip_seconds{edge="nyc",zone="tyo"} 0.' in metrics


def test_a_dead_core_location_costs_no_request_and_comes_back_step_by_step(world):
    with world.load(60, ["shop"]) as load:
        time.sleep(3)
        world.lab.down("fra")
        down = time.monotonic()
        wait_until(lambda: routes(world, "ams")[-1]["health"] == "silent")
        time.sleep(5)
        world.lab.up("fra")
        up = time.monotonic()
        wait_until(lambda: cores_of(load.records(), "ams", time.monotonic() - 2) == {"fra"}, 60)
    records = load.records()
    # One whose answer had begun to come cannot be tried again.
    assert sum(one.status != 200 for one in records) <= 2, [one for one in records if one.error]
    assert cores_of([one for one in records if one.end < up], "ams", down + 5) == {"was"}
    assert cores_of(records, "nyc") == {"was"}
    first = min(one.begin for one in records if one.core == "fra" and one.begin > up)
    # Only a part of the requests at first.
    assert first - up > 8
    at_first = [one for one in records if one.begin < first + 4]
    assert cores_of(at_first, "ams", first) == {"fra", "was"}


def test_without_the_control_plane_envoy_leaves_a_dead_core_by_itself(world):
    world.plane.kill()
    try:
        with world.load(60, ["shop"]) as load:
            time.sleep(2)
            world.lab.down("was")
            wait_until(lambda: cores_of(load.records(), "nyc", time.monotonic() - 2) == {"fra"}, 60)
            world.lab.up("was")
            wait_until(lambda: "was" in cores_of(load.records(), "nyc", time.monotonic() - 2), 60)
        assert sum(one.status != 200 for one in load.records()) <= 2
    finally:
        world.plane.start()
    world.plane.wait_until_online("edge-nyc", seconds=60)


def test_a_restart_of_the_control_plane_moves_nobody(world):
    # Over the map, which a control plane without memory would go by.
    world.lab.set_delay("ams", "fra", 90)
    try:
        wait_until(lambda: order(world, "ams") == ["was", "fra", "tyo"], 60)
        with world.load(60, ["shop"]) as load:
            time.sleep(1)
            world.plane.kill()
            world.plane.start()
            world.plane.wait_until_online("edge-ams", seconds=60)
            time.sleep(5)
        assert cores_of(load.records(), "ams") == {"was"}
        assert order(world, "ams") == ["was", "fra", "tyo"]
    finally:
        world.lab.set_delay("ams", "fra", DELAYS["ams", "fra"])
    wait_until(lambda: order(world, "ams") == ["fra", "was", "tyo"], 90)


def test_what_the_nearest_cannot_take_goes_to_the_next(world):
    with world.load(2 * CAPACITY, ["small"], edges=["ams"]) as load:
        wait_until(lambda: routes(world, "ams", "small")[0]["share"] < 60, 60)
        since = time.monotonic()
        time.sleep(10)
    shown = [one for one in load.records() if one.begin >= since]
    share = sum(one.core == "fra" for one in shown) / len(shown)
    assert 0.4 < share < 0.6
    assert {one.core for one in shown} == {"fra", "was"}
    cores = {one.trace: one.core for one in shown}
    reasons = wait_until(
        lambda: {(one.core, one.reason) for one in world.choices() if one.trace in cores}
    )
    assert reasons == {("fra", "nearest"), ("was", "spill")}
