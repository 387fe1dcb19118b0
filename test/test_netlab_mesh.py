"""An edge finds the nearest core location: real Envoys in a lab of network sites, with distances
between them, and a core location that falls silent as a whole."""

from __future__ import annotations

import pytest

from clew import wait_until
from netlab.lab import Lab
from netlab.mesh_lab import Load, MeshLab

EDGES = {"ams": (52.4, 4.9)}
CORES = {"fra": (50.1, 8.7), "was": (38.9, -77.0)}


@pytest.fixture(scope="module", autouse=True)
def lab_is_possible():
    if reason := Lab.why_not():
        pytest.skip(f"no lab of network sites here: {reason}")


def wait_until_all_go_to(load: Load, core: str) -> None:
    """Until the last 20 answers came from there, whatever became of those before."""

    def all_do() -> bool:
        last = load.records()[-20:]
        return len(last) == 20 and {(one.status, one.core) for one in last} == {(200, core)}

    try:
        wait_until(all_do, seconds=90)
    except AssertionError as error:
        raise AssertionError(str(load.records()[-20:])) from error


def reasons(world: MeshLab, load: Load) -> set[tuple[str, str]]:
    """Core locations that have answered, and why they were chosen, as the edge's spans say."""
    cores = {one.trace: one.core for one in load.records() if one.core}

    def chosen() -> list:
        found = [one for one in world.choices() if one.trace in cores]
        return found if {one.trace for one in found} == set(cores) else []

    choices = wait_until(chosen)
    assert {one.edge for one in choices} == {"ams"}
    last = {one.trace: one.core for one in sorted(choices, key=lambda one: one.begin_ns)}
    assert last == cores  # of several tries
    return {(one.core, one.reason) for one in choices}


def test_by_coordinates_requests_go_to_the_nearest_and_when_it_is_down_to_the_next(tmp_path):
    delays = {("ams", "fra"): 5, ("ams", "was"): 45}
    with MeshLab(tmp_path, edges=EDGES, cores=CORES, services=["shop"], delays=delays,
                 probes=False) as world:  # fmt: skip
        with world.load(40) as load:
            wait_until_all_go_to(load, "fra")
            assert {one.core for one in load.records()} == {"fra"}
            world.lab.down("fra")
            wait_until_all_go_to(load, "was")
            world.lab.up("fra")
            wait_until_all_go_to(load, "fra")
        records = load.records()
        assert min(one.ms for one in records if one.core == "fra") >= 2 * 5
        assert min(one.ms for one in records if one.core == "was") >= 2 * 45
        assert reasons(world, load) == {("fra", "nearest"), ("was", "failover")}


def test_by_measured_distance_the_map_does_not_count(tmp_path):
    """By the coordinates the other one would be the nearest."""
    delays = {("ams", "fra"): 60, ("ams", "was"): 10}
    with MeshLab(tmp_path, edges=EDGES, cores=CORES, services=["shop"], delays=delays) as world:
        with world.load(40) as load:
            wait_until_all_go_to(load, "was")
            world.lab.down("was")
            wait_until_all_go_to(load, "fra")
        until_measured = {("fra", "nearest")}
        assert reasons(world, load) - until_measured == {("was", "nearest"), ("fra", "failover")}
