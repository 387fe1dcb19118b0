"""The pages in Debian's Chromium, over traces of an official SDK and generated ones."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

import ui_traces
from clew import REPO, Clew
from prefix_proxy import prefix_proxy
from test_sdk import SENDERS

EVERYWHERE = REPO / "test" / "ui" / "everywhere_test.mjs"
TESTS = sorted((REPO / "test" / "ui").glob("*_test.mjs"))
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

pytestmark = pytest.mark.skipif(shutil.which(CHROMIUM) is None, reason=f"no browser at {CHROMIUM}")


@pytest.fixture(scope="module")
def pages(all_in_one):
    """What test/ui/browser.mjs reads: where the pages are and which traces are special."""
    return filled(all_in_one)


def filled(clew: Clew) -> dict[str, str]:
    traces = ui_traces.send(clew)
    traces["sdk"] = SENDERS["python-grpc"](clew)["traceId"]
    for trace_id in traces.values():
        clew.wait_for_trace(trace_id, spans=1)
    return {
        "CLEW_URL": clew.url(""),
        "TRACE_ID": traces["sdk"],
        "TRACES": json.dumps(traces),
        "SCREENSHOT_DIR": str(REPO / "build" / "screenshots"),
        "CHROMIUM": CHROMIUM,
    }


def run(test: pathlib.Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["node", "--test", str(test)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=900,  # of a machine that has much else to do
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("test", TESTS, ids=lambda path: path.stem)
def test_in_a_real_browser(pages, test: pathlib.Path):
    run(test, pages)


def test_below_a_base_path(tmp_path):
    with Clew("all-in-one", tmp_path, "--base-path", "/tools/clew") as clew:
        clew.base = "/tools/clew"
        run(EVERYWHERE, filled(clew))


def test_behind_a_proxy_that_takes_a_prefix_away(pages, all_in_one):
    with prefix_proxy(all_in_one.http, "/tools/clew") as url:
        run(EVERYWHERE, pages | {"CLEW_URL": url})
