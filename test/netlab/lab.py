"""Sites with the distances of the world between them, on one machine.

    with Lab(["edge-ams", "fra", "was"], {("edge-ams", "fra"): 5, ("edge-ams", "was"): 45}) as lab:
        server = lab.run("fra", ["python3", "-m", "http.server", "--bind", lab.address("fra")])
        lab.set_delay("edge-ams", "fra", 80)
        lab.down("was")

Each site is a network namespace with real TCP in it; what goes from one to another passes through
router.cc, which holds every packet for the delay of its way. The namespaces have no names: they
end with the router, and that with the process that has made the lab, even if that is killed."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping

ROUTER = pathlib.Path(__file__).resolve().parents[2] / "build" / "release" / "clew_netlab"

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000  # Python has os.setns from 3.12 on


@dataclasses.dataclass
class Way:
    """From one site to one other; the way back is one of its own."""

    delay_ms: float = 0
    jitter: float = 0  # 0.1: of each packet the delay is between 0.9 and 1.1 of that
    loss: float = 0  # a share of the packets
    mbit_per_s: float = 0  # 0: no limit
    cut: bool = False


class Lab:
    """`delays` in milliseconds, of one way: a round trip takes twice that. They hold for both
    directions unless the other one is there as well; without, they are 0. `jitter` is that of all
    ways. The namespace of the caller is a site, too, by the name of `home`, if that is not None.
    Any thread may call everything."""

    def __init__(
        self,
        sites: Iterable[str],
        delays: Mapping[tuple[str, str], float] | None = None,
        *,
        jitter: float = 0,
        home: str | None = "home",
    ):
        self.sites = ([home] if home else []) + list(sites)
        self.home = home
        self._down: set[str] = set()
        self._ways = {
            (a, b): Way(jitter=jitter) for a in self.sites for b in self.sites if a != b
        }
        delays = delays or {}
        for (a, b), delay_ms in delays.items():
            self._ways[a, b].delay_ms = delay_ms
            if (b, a) not in delays:
                self._ways[b, a].delay_ms = delay_ms
        self._lock = threading.Lock()
        self._version = 0
        self._processes: list[subprocess.Popen] = []

    @staticmethod
    def why_not() -> str:
        """Why there can be no lab here: "" if there can."""
        if not ROUTER.exists():
            return "ninja -C build/release clew_netlab"
        check = subprocess.run([ROUTER, "--check"], capture_output=True, text=True, timeout=30)
        return check.stderr.strip()

    @staticmethod
    def available() -> bool:
        return not Lab.why_not()

    def __enter__(self) -> Lab:
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="clew-netlab-"))
        self._matrix = self._directory / "matrix.json"
        self._state = self._directory / "state.json"
        self._write_matrix(self._ways, self._down)
        self._router = subprocess.Popen(
            [ROUTER, self._directory], stdin=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C at the terminal is for who has made the lab
        )  # fmt: skip
        try:
            state = self._wait_for_state(0)
        except BaseException:
            self.__exit__()
            raise
        self._addresses = {site["name"]: site["address"] for site in state["sites"]}
        self._spaces = {site["name"]: site["space"] for site in state["sites"]}
        return self

    def __exit__(self, *_) -> None:
        """Whatever still runs in the sites is killed."""
        self._router.terminate()
        self._router.wait(timeout=30)
        for process in self._processes:
            process.kill()
            process.wait(timeout=30)
        self._router.stdin.close()
        self._router.stderr.close()
        if self._directory.exists():  # it could not even begin
            shutil.rmtree(self._directory)

    # Places.

    def address(self, site: str, host: int = 1) -> str:
        """Of a site; each but `home` has 254 of them, from host=1 on."""
        assert 1 <= host <= 254 and (host == 1 or site != self.home), (site, host)
        return self._addresses[site].rsplit(".", 1)[0] + f".{host}"

    def enter(self, site: str) -> list[str]:
        """The words before a command that let it run in a site: it becomes that command, in the
        same process."""
        return entering(self._spaces[site])

    def space(self, site: str) -> str:
        """The file of its network namespace, while the lab is there."""
        return self._spaces[site]

    def run(self, site: str, argv: Iterable, **options) -> subprocess.Popen:
        """A process in a site; options are Popen's. It is killed with the lab."""
        command = [*self.enter(site), *(str(word) for word in argv)]
        process = subprocess.Popen(command, **options)
        self._processes.append(process)
        return process

    def inside(self, site: str) -> contextlib.AbstractContextManager[None]:
        """This thread is in the site: sockets that it makes here stay there for good."""
        return inside(self._spaces[site])

    # Changes; each is in force when the call returns.

    def set_delay(self, a: str, b: str, ms: float, *, both: bool = True, **more) -> None:
        """The delay from a to b, and back if `both`, and other fields of Way."""
        self.set_way(a, b, both=both, delay_ms=ms, **more)

    def set_way(self, a: str, b: str, *, both: bool = True, **fields) -> None:
        """Fields of Way, and only those."""
        with self._lock:
            changed = {
                way: dataclasses.replace(self._ways[way], **fields)
                for way in ((a, b), (b, a))[: 2 if both else 1]
            }
            self._put_in_force(self._ways | changed, self._down)

    def cut(self, a: str, b: str, *, both: bool = True) -> None:
        """No packet passes any more; nobody is told."""
        self.set_way(a, b, both=both, cut=True)

    def mend(self, a: str, b: str, *, both: bool = True) -> None:
        self.set_way(a, b, both=both, cut=False)

    def down(self, site: str) -> None:
        """Packets to and from it vanish, as if the power were gone: no end of a connection."""
        assert site in self.sites, f"{site} of {self.sites}"
        with self._lock:
            self._put_in_force(self._ways, self._down | {site})

    def up(self, site: str) -> None:
        with self._lock:
            self._put_in_force(self._ways, self._down - {site})

    def way(self, a: str, b: str) -> Way:
        return dataclasses.replace(self._ways[a, b])

    def counts(self) -> dict[tuple[str, str], dict[str, int]]:
        """What became of the packets from each site to each other so far: `packets` and `bytes`
        that arrived, and packets that did not: `lost`, `down`, `full`."""
        with self._lock:
            ways = self._ask(signal.SIGUSR1)["ways"]
        return {(way.pop("from"), way.pop("to")): way for way in ways}

    def cpu_seconds(self) -> float:
        """What the router has taken."""
        return self.cpu_seconds_of(self._router.pid)

    @staticmethod
    def cpu_seconds_of(process: int) -> float:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1]
        return sum(map(int, fields.split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def _put_in_force(self, ways: dict[tuple[str, str], Way], down: set[str]) -> None:
        """Fails with ValueError if the router refuses it; then nothing has changed."""
        self._write_matrix(ways, down)
        state = self._ask(signal.SIGHUP)
        if state["version"] != self._version:
            raise ValueError(state["error"])
        self._ways, self._down = ways, down

    def _write_matrix(self, all_ways: dict[tuple[str, str], Way], down: set[str]) -> None:
        self._version += 1
        sites = [{"name": site, "here": site == self.home} for site in self.sites]
        ways = []
        for (a, b), way in all_ways.items():
            fields = dataclasses.asdict(way)
            if fields.pop("cut"):
                fields["loss"] = 1
            ways.append({"from": a, "to": b, **fields})
        matrix = {"version": self._version, "sites": sites, "down": sorted(down), "ways": ways}
        self._matrix.write_text(json.dumps(matrix))

    def _ask(self, kind: signal.Signals) -> dict:
        """What the router writes when it gets a signal."""
        before = json.loads(self._state.read_text())["written"]
        self._router.send_signal(kind)
        return self._wait_for_state(before)

    def _wait_for_state(self, before: int) -> dict:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(FileNotFoundError):  # not yet
                state = json.loads(self._state.read_text())
                if state["written"] > before:
                    return state
            if self._router.poll() is not None:
                raise RuntimeError(self._router.stderr.read().decode())
            time.sleep(0.001)
        raise TimeoutError("the router does not answer")


def entering(space: str) -> list[str]:
    """See Lab.enter; any process of root may enter the file of a network namespace."""
    return ["nsenter", f"--net={space}", "--"]


@contextlib.contextmanager
def inside(space: str) -> Iterator[None]:
    """See Lab.inside."""
    with open("/proc/thread-self/ns/net") as before:
        with open(space) as there:
            _set_space(there.fileno())
        try:
            yield
        finally:
            _set_space(before.fileno())


def _set_space(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
