#!/usr/bin/env python3
"""Takes the pictures of docs/ui from a clew with the traces of ui_traces.py and a huge one.

usage: test/ui_shots.py [PICTURE...]   all without any
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

import ui_traces
from clew import REPO, Clew

FOLDER = REPO / "docs" / "ui"
UI = REPO / "test" / "ui"
HUGE = 100_000  # spans
# Pictures that tests take of what they make up: file and words of the test → its picture → its
# name here.
OF_TESTS = {
    ("mesh_test.mjs", ""): {
        "mesh": "mesh-light",
        "mesh-dark": "mesh-dark",
        "mesh-edge": "mesh-edge-light",
        "mesh-proxy": "mesh-proxy-light",
        "mesh-empty": "mesh-empty-light",
        "mesh-failed": "mesh-error-light",
    },
    ("services_test.mjs", "500 services"): {"services-map-most": "services-map-huge-light"},
}
COLOURS = 128


def main() -> int:
    """The status of the pictures' script."""
    with tempfile.TemporaryDirectory() as directory:
        with Clew("all-in-one", pathlib.Path(directory)) as clew:
            traces = ui_traces.send(clew)
            traces["huge"] = ui_traces.send_huge(clew, HUGE)
            clew.wait_for_trace(traces["failed"], spans=1)
            environment = {"CLEW_URL": clew.url(""), "TRACES": json.dumps(traces),
                           "SHOTS_DIR": str(FOLDER)}  # fmt: skip
            command = ["node", UI / "shots.mjs", *sys.argv[1:]]
            done = threading.Event()
            traffic = threading.Thread(target=send_until, args=(clew, done))
            traffic.start()
            try:
                status = subprocess.run(command, env=os.environ | environment).returncode
                take_those_of_tests(environment, sys.argv[1:])
            finally:
                done.set()
                traffic.join()
    pictures = sorted(FOLDER.glob("*.png"))
    subprocess.run(["pngquant", "--force", "--ext", ".png", "--speed", "1", "--strip",
                    "--skip-if-larger", str(COLOURS), *pictures])  # fmt: skip
    return status


def take_those_of_tests(environment: dict[str, str], wanted: list[str]) -> None:
    """Copies OF_TESTS; fails if a test does."""
    for (file, words), pictures in OF_TESTS.items():
        if wanted and not set(wanted) & {name.rsplit("-", 1)[0] for name in pictures.values()}:
            continue
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run(
                ["node", "--test", "--test-name-pattern", words, UI / file],
                check=True, stdout=subprocess.DEVNULL,
                env=os.environ | environment | {"SCREENSHOT_DIR": directory},
            )  # fmt: skip
            for picture, name in pictures.items():
                shutil.copy(pathlib.Path(directory, f"{picture}.png"), FOLDER / f"{name}.png")


def send_until(clew: Clew, done: threading.Event) -> None:
    """Three traces a second, for Live and System."""
    i = 0
    while not done.wait(0.35):
        ui_traces.send_one(clew, i := i + 1)


if __name__ == "__main__":
    sys.exit(main())
