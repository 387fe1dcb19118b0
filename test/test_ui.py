"""The UI in Debian's Chromium, over traces from an official SDK."""

import os
import subprocess

from clew import REPO
from test_sdk import SENDERS


def test_ui_in_a_real_browser(all_in_one):
    ids = SENDERS["python-grpc"](all_in_one)
    screenshots = REPO / "build" / "screenshots"
    screenshots.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["node", "--test", REPO / "test" / "ui" / "ui_test.mjs"],
        env=os.environ
        | {
            "CLEW_URL": all_in_one.url(""),
            "TRACE_ID": ids["traceId"],
            "SCREENSHOT_DIR": str(screenshots),
        },
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
