"""The benchmark of the control plane, small: simulated and real Envoys come to the same, whatever
the time that takes."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from clew import BINARY, REPO

CLIENTS = REPO / "build" / "release" / "clew_mesh_clients"
SIZE = "--sidecars 60 --services 20 --zones 2 --edges 2 --real 3 --moves 4 --policies 1 --toggles 2"
TIMED = (" ms", " s", " kB")  # bars that say something about the machine


@pytest.mark.skipif(not CLIENTS.exists(), reason="ninja -C build/release clew_mesh_clients")
def test_every_change_reaches_everyone_and_nothing_else_is_sent(tmp_path):
    answer = tmp_path / "bench.json"
    subprocess.run(
        [REPO / "bench" / "mesh" / "main.py", *SIZE.split(), "--tokens", "--timeout", "60",
         "--json", answer],
        env=os.environ | {"CLEW_BINARY": str(BINARY)}, check=True, timeout=120,
    )  # fmt: skip
    verdicts = json.loads(answer.read_text())["bars"]
    missed = [one for one in verdicts if not one["met"] and not one["bar"].endswith(TIMED)]
    assert not missed
    assert len(verdicts) > 10
