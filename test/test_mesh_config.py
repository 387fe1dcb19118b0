"""Every golden configuration of a proxy is one that Envoy takes."""

from __future__ import annotations

import copy
import json
import pathlib
import subprocess

import pytest

from clew import REPO

CASES = REPO / "test" / "data" / "mesh"
PROXIES = sorted(
    f"{file.parent.name}/{file.stem}"
    for file in CASES.glob("*/*.json")
    if file.name != "resources.json"
)


def without_ads(value):
    """The same with every resource that would come from a control plane taken from where it is."""
    if isinstance(value, list):
        return [without_ads(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {k: without_ads(v) for k, v in value.items() if k != "sds_config"}


def add_hosts(routes: dict, hosts: dict[str, dict]) -> None:
    """Virtual hosts that would come by themselves (VHDS) to where they belong."""
    if routes.pop("vhds", None):
        prefix = routes["name"] + "/"
        routes["virtual_hosts"] = [host for name, host in hosts.items() if name.startswith(prefix)]
        assert routes["virtual_hosts"]


def bootstrap(config: dict, certificate: pathlib.Path, key: pathlib.Path) -> dict:
    """A static bootstrap of what a proxy gets over xDS."""
    by_type: dict[str, dict[str, dict]] = {}
    for piece in copy.deepcopy(config["resources"]):
        body = without_ads(piece["body"])
        by_type.setdefault(piece["type"], {})[body.get("name") or body["cluster_name"]] = body
    for cluster in by_type.get("cluster", {}).values():
        if cluster.pop("eds_cluster_config", None):
            cluster["type"] = "STATIC"
            cluster["load_assignment"] = by_type["endpoints"][cluster["name"]]
    for listener in by_type.get("listener", {}).values():
        for chain in listener["filter_chains"]:
            for network_filter in chain["filters"]:
                manager = network_filter["typed_config"]
                if rds := manager.pop("rds", None):
                    manager["route_config"] = by_type["routes"][rds["route_config_name"]]
                    add_hosts(manager["route_config"], by_type.get("host", {}))
    pair = {
        "certificate_chain": {"filename": str(certificate)},
        "private_key": {"filename": str(key)},
    }
    secrets = [
        {"name": "identity", "tls_certificate": pair},
        {"name": "trust", "validation_context": {"trusted_ca": {"filename": str(certificate)}}},
    ]
    return {
        "node": {"id": "x", "cluster": "x"},
        "layered_runtime": {"layers": [
            {"name": one["name"], "static_layer": one.get("layer", {})}
            for one in by_type["runtime"].values()
        ]},
        "static_resources": {
            "listeners": list(by_type.get("listener", {}).values()),
            "clusters": list(by_type.get("cluster", {}).values()),
            "secrets": secrets,
        },
    }  # fmt: skip


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[pathlib.Path, pathlib.Path]:
    folder = tmp_path_factory.mktemp("certificate")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-keyout", key, "-out", cert, "-subj", "/CN=x", "-days", "2"]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


@pytest.mark.parametrize("proxy", PROXIES)
def test_envoy_takes_it(proxy, tmp_path, certificate):
    file = tmp_path / "envoy.json"
    config = json.loads((CASES / f"{proxy}.json").read_text())
    file.write_text(json.dumps(bootstrap(config, *certificate)))
    envoy = REPO / ".deps" / "venv" / "bin" / "envoy"
    done = subprocess.run(
        [envoy, "--mode", "validate", "-c", file, "--log-level", "error"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_there_is_something_to_look_at():
    assert len(PROXIES) > 30
