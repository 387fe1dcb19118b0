"""A Python service of the demo shop; which one, and what it answers, comes from the environment.

There is no tracing in here: a service that is to be traced runs under `opentelemetry-instrument`,
which instruments Flask and requests. One that is not forwards the trace headers it was sent.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import requests
import waitress
from flask import Flask, Response, jsonify, request

NAME = os.environ["SHOP_SERVICE"]
CORE = os.environ["SHOP_CORE"]
PORT = int(os.environ["SHOP_PORT"])
SIDECAR = f"http://127.0.0.1:{os.environ['SHOP_SIDECAR_PORT']}"
FAULTS = Path(os.environ["SHOP_FAULTS"])
ENDPOINTS = json.loads(os.environ["SHOP_ENDPOINTS"])

# What a service passes on so that the mesh knows whose request it is; the trace headers only when
# no SDK does it.
FORWARDED = ["x-request-id", "x-forwarded-for"]
if os.environ["SHOP_FORWARD_TRACE"] == "1":
    FORWARDED += ["traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "x-b3-spanid",
                  "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags"]

# Shorter than the sidecar keeps an idle connection of ours: a request on one that it is about to
# close would be lost, and nobody repeats that.
IDLE_S = 20.0

app = Flask(NAME)
_sessions = threading.local()


class ShopError(Exception):
    """An answer other than 200, from this service or from one that it called."""


def fault(kind: str) -> dict[str, Any] | None:
    """The fault of that kind that is switched on for this instance now, if any."""
    try:
        faults = json.loads(FAULTS.read_text())
    except FileNotFoundError:
        return None
    for one in faults:
        if one["kind"] == kind and one["service"] == NAME and one["core"] in (None, CORE):
            return one
    return None


def call(one: dict[str, str], args: dict[str, str]) -> Any:
    """Sends one request through our sidecar, which knows where that service is."""
    now = time.monotonic()
    if now - getattr(_sessions, "used", -IDLE_S) >= IDLE_S:
        _sessions.session = requests.Session()
    _sessions.used = now
    headers = {name: request.headers[name] for name in FORWARDED if name in request.headers}
    headers["Host"] = one["service"]
    answer = _sessions.session.request(one["method"], SIDECAR + one["path"].format(**args),
                                       headers=headers, timeout=20)
    if answer.status_code != 200:
        raise ShopError(f"{one['service']} answered {answer.status_code}")
    return answer.json()


def handler(endpoint: dict[str, Any]):
    """The view function of one endpoint: some work, the calls, and a picture of it as JSON."""

    def view(**args: str) -> Response:
        slow = fault("slow")
        time.sleep((slow["delay_ms"] if slow else endpoint["work_ms"]) * random.uniform(.5, 1.5)
                   / 1000)
        broken = fault("errors")
        if broken and random.random() < broken["share"]:
            raise ShopError(f"{NAME} in {CORE} is broken (a fault of the demo)")
        answers = [call(one, args) for one in endpoint["calls"]]
        return jsonify(service=NAME, core_location=CORE, request=f"{request.method} {request.path}",
                       calls=answers)

    return view


@app.errorhandler(Exception)
def failed(error: Exception):
    """Says what went wrong in the shape of every other answer."""
    if not isinstance(error, ShopError):
        print(f"{request.method} {request.path}: {error!r}", file=sys.stderr, flush=True)
    status = getattr(error, "code", None) or 500
    return jsonify(service=NAME, core_location=CORE, error=str(error)), status


def main() -> None:
    for endpoint in ENDPOINTS:
        rule = endpoint["path"].replace("{", "<").replace("}", ">")
        app.add_url_rule(rule, endpoint["method"] + rule, handler(endpoint),
                         methods=[endpoint["method"]])
    # sys.exit runs the SDK's shutdown hook, which sends the spans that still wait.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # Only our sidecar reaches us, so x-forwarded-for is its word and not some client's.
    waitress.serve(app, host="127.0.0.1", port=PORT, threads=16,
                   clear_untrusted_proxy_headers=False)


if __name__ == "__main__":
    main()
