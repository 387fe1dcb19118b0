"""What goes wrong in `make demo CHAOS=1`: a core location dies, a link gets slow, the certificate
authority is replaced, while visitors come; and the proof that they hardly see it."""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mesh_resources
import ports
from lifecycle import Demo
from mesh_resources import MESH, Proxy
from settings import DemoError, Settings
from topology import DELAYS_MS, EDGE_SERVICE, EDGES, ENTRY_SERVICE, HOST
from traffic import Visit, Visitors

EDGE = EDGES[0]
NEAREST, NEXT = EDGE.cores
SLOWER_MS = 100.0  # each way
UI = f"http://{HOST}:{ports.UI}"
REASON = "core_location.reason"

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Pauses:
    """How long each state lasts, in seconds."""

    between: float = 40
    down: float = 20
    slow: float = 40
    authority: float = 5  # after each step of its replacement


class Chaos:
    """One thing after the other goes wrong in a demo that is up, and is made good again."""

    def __init__(self, settings: Settings, demo: Demo, visitors: Visitors,
                 say: Callable[[str], None], pauses: Pauses) -> None:
        if demo.lab is None:
            raise DemoError("chaos takes the lab of network sites, and the demo is on loopback")
        self._settings = settings
        self._demo = demo
        self._lab = demo.lab
        self._visitors = visitors
        self.say = say
        self.pauses = pauses

    @property
    def steps(self) -> tuple[Callable[[], None], ...]:
        return (self.core_dies, self.link_gets_slow, self.authority_is_replaced)

    def core_dies(self) -> None:
        """All packets to and from the nearest core location of an edge vanish for a while."""
        self.say(f"CHAOS: the core location {NEAREST} dies: nothing gets out or in any more")
        begin = time.monotonic()
        self._lab.down(NEAREST)
        try:
            time.sleep(self.pauses.down)
            self.tell(begin)
        finally:
            self._lab.up(NEAREST)
        self.say(f"CHAOS: {NEAREST} is back; requests return in steps, once it has answered for "
                 "ten seconds")
        self.say(f"on Clew's page: {failover_page()}")

    def link_gets_slow(self) -> None:
        """The way from an edge to its nearest core location becomes longer than that to the next.
        """
        begin = time.monotonic()
        self.slow_link()
        try:
            time.sleep(self.pauses.slow)
            self.tell(begin)
        finally:
            self.fast_link()

    def slow_link(self) -> None:
        self.say(f"CHAOS: from {EDGE.name} to {NEAREST} it takes {SLOWER_MS:g} ms longer, each way")
        self._lab.set_delay(EDGE.name, NEAREST, DELAYS_MS[EDGE.name, NEAREST] + SLOWER_MS)

    def fast_link(self) -> None:
        self._lab.set_delay(EDGE.name, NEAREST, DELAYS_MS[EDGE.name, NEAREST])
        self.say(f"CHAOS: {NEAREST} is as near as it was; half a minute lies between two changes")

    def authority_is_replaced(self) -> None:
        """The mesh gets a new certificate authority; every proxy a certificate of it."""
        begin = time.monotonic()
        for step, what in (("begin", "every proxy trusts the next one, too"),
                           ("activate", "the next one signs"),
                           ("finish", "the old one is trusted no more")):
            self.say(f"CHAOS: the certificate authority is replaced, {step}: {what}")
            self.clew("mesh", "authority", step)
            time.sleep(self.pauses.authority)
        self.tell(begin)
        strange = self.proxies_of_another_authority()
        self.say(f"of the new authority are the certificates of "
                 f"{len(mesh_resources.proxies()) - len(strange)} of "
                 f"{len(mesh_resources.proxies())} proxies")

    def tell(self, begin: float) -> None:
        """What visitors have seen since then, and where the edge sends requests now."""
        self.say(f"visitors since then: {summary(self._visitors.since(begin))}")
        self.say(self.clew("mesh", "routes", EDGE.name, ENTRY_SERVICE).rstrip())

    def clew(self, *words: str) -> str:
        """What a command says to the demo's control plane prints; DemoError if it fails."""
        done = subprocess.run(
            [self._settings.clew, *words, "--address", f"http://{HOST}:{ports.MESH_API}"],
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise DemoError(f"clew {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def proxies_of_another_authority(self) -> list[str]:
        """The proxies whose certificate is not signed by an authority that the mesh trusts now."""
        trusted = self._authority()["bundle_pem"]
        return [one.name for one in mesh_resources.proxies()
                if not _is_signed_by(trusted, self._certificate(one))]

    def authorities(self) -> set[str]:
        """The fingerprints of those that are trusted."""
        return {one["fingerprint"] for one in self._authority()["trusted"]}

    def _authority(self) -> Any:
        return read(f"http://{HOST}:{ports.MESH_API}/meshes/{MESH}/authority")

    def _certificate(self, one: Proxy) -> str:
        """The certificate that an Envoy uses, from itself."""
        url = f"http://{HOST}:{one.admin_port}/config_dump?resource=dynamic_active_secrets"
        with self._demo.network.inside(one.site.name):
            secrets = read(url).get("configs", [])
        for secret in secrets:
            chain = secret["secret"].get("tls_certificate", {}).get("certificate_chain")
            if chain:
                text = chain.get("inline_string")
                return text or base64.b64decode(chain["inline_bytes"]).decode()
        raise DemoError(f"{one.name} has no certificate")


def _is_signed_by(trusted: str, certificate: str) -> bool:
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(trusted)
        file.flush()
        done = subprocess.run(["openssl", "verify", "-no-CApath", "-CAfile", file.name],
                              input=certificate, capture_output=True, text=True, check=False)
    return done.returncode == 0


def read(url: str) -> Any:
    """The JSON that is there."""
    try:
        with _opener.open(url, timeout=10) as answer:
            return json.load(answer)
    except (OSError, ValueError) as error:
        raise DemoError(f"{url}: {error}") from error


def summary(visits: list[Visit]) -> str:
    """Requests, errors, and who has answered, in a line."""
    errors = Counter(one.outcome for one in visits if one.failed)
    by_core = Counter(f"{one.edge} by {one.core}" for one in visits if one.core)
    said = f"{len(visits)} requests, {errors.total()} without a 200"
    if errors:
        said += " (" + ", ".join(f"{count} {what}" for what, count in errors.items()) + ")"
    return said + "".join(f"; {count} at {who}" for who, count in sorted(by_core.items()))


def failover_page() -> str:
    """The page that shows the requests which went elsewhere because a core location was down."""
    tags = urllib.parse.urlencode({"service": EDGE_SERVICE, "tags": f"{REASON}=failover"})
    return f"{UI}/search?{tags}"


def failover_cores(since_us: int) -> Counter[str]:
    """Where edges have sent requests because a nearer core location was down, as spans say."""
    query = urllib.parse.urlencode({
        "service": EDGE_SERVICE, "tags": json.dumps({REASON: "failover"}), "start": since_us,
        "end": time.time_ns() // 1000, "limit": 1000})
    found: Counter[str] = Counter()
    for trace in read(f"{UI}/api/traces?{query}")["data"]:
        for span in trace["spans"]:
            tags = {tag["key"]: tag["value"] for tag in span["tags"]}
            if tags.get(REASON) == "failover":
                found[tags["core_location"]] += 1
    return found


def run(chaos: Chaos, watch: Callable[[float], None]) -> None:
    """Until interrupted; `watch` waits so many seconds, and looks after the processes."""
    while True:
        for step in chaos.steps:
            watch(chaos.pauses.between)
            step()
