"""Starts the demo's processes, watches them, and stops every one of them."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import ports
from network import LOOPBACK, Network
from plan import Spec, Stage, environment
from settings import DemoError

PR_SET_PDEATHSIG = 1
STOP_TIMEOUT_S = 25.0  # for all of them
STAGE_STOP_TIMEOUT_S = 12.0  # an agent may take ten seconds to hand over what it holds
SILENCE_S = 3.0  # waiting longer than this without a word looks like a hang
LOG_TAIL_LINES = 15

_libc = ctypes.CDLL(None, use_errno=True)
# The launcher talks to loopback only, whatever http_proxy says.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Running:
    """One started process and where its output goes."""

    spec: Spec
    process: subprocess.Popen[bytes]
    log: Path

    def end(self) -> str | None:
        """How the process has ended, or None while it runs.

        It is looked at without being waited for: until stop_all waits, its number and that of its
        group stay its own, so that a signal to the group can never meet a stranger.
        """
        info = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if info is None:
            return None
        word = "exit code" if info.si_code == os.CLD_EXITED else "signal"
        return f"{word} {info.si_status}"


def dies_with(launcher: int) -> Callable[[], None]:
    """What a new child runs first, so that the kernel kills it should its launcher die."""

    def before_exec() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != launcher:  # it died before the line above took effect
            os._exit(1)

    return before_exec


class Supervisor:
    """Owns every process of one run. Use it as a context: leaving it stops whatever it started.

    Each process leads a group of its own, so that a Ctrl-C at the terminal reaches only the
    launcher, which then stops them in order; and each is killed by the kernel should the launcher
    die first. Only the main thread may start processes (the kernel ties their life to the thread).
    """

    def __init__(self, logs: Path, state: Path, say: Callable[[str], None],
                 network: Network = LOOPBACK) -> None:
        self._logs = logs
        self._state = state
        self._say = say
        self._network = network
        self._running: list[Running] = []
        self._known_dead: set[str] = set()

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()

    def start(self, spec: Spec) -> None:
        """Starts one process; its output goes to its own log file."""
        log = self._logs / f"{spec.name}.log"
        with open(log, "wb") as output:
            try:
                process = subprocess.Popen(
                    [*self._network.enter(spec.site), *spec.argv], stdin=subprocess.DEVNULL,
                    stdout=output, stderr=subprocess.STDOUT, cwd=spec.cwd, env=environment(spec),
                    start_new_session=True, preexec_fn=dies_with(os.getpid()))
            except OSError as error:
                raise DemoError(f"cannot start {spec.name} ({spec.argv[0]}): {error}") from error
        self._running.append(Running(spec, process, log))
        self._write_state()

    def wait_ready(self, names: Iterable[str], timeout_s: float) -> None:
        """Returns when all of the named processes are up; DemoError when one is not in time."""
        deadline = time.monotonic() + timeout_s
        next_word = time.monotonic() + SILENCE_S
        waiting = [one for one in self._running if one.spec.name in set(names)]
        while waiting:
            for one in waiting:
                if end := one.end():
                    raise DemoError(_epitaph(one, f"ended while it started ({end})"))
            waiting = [one for one in waiting if not self._is_up(one.spec)]
            if waiting and time.monotonic() > deadline:
                raise DemoError(_epitaph(waiting[0], f"is not up after {timeout_s:.0f} s"))
            if waiting and time.monotonic() > next_word:
                next_word += SILENCE_S
                self._say(f"still waiting for {', '.join(one.spec.name for one in waiting)}")
            if waiting:
                time.sleep(0.1)

    def newly_dead(self) -> list[str]:
        """A line about each process that has ended since the last call."""
        lines = []
        for one in self._running:
            end = one.end()
            if end and one.spec.name not in self._known_dead:
                self._known_dead.add(one.spec.name)
                lines.append(f"{one.spec.name} has ended ({end}), see {one.log}")
        return lines

    def stop_all(self) -> None:
        """Stops every process, last stage first; whoever takes too long is killed."""
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for stage in sorted(Stage, reverse=True):
            group = [one for one in self._running if one.spec.stage == stage]
            self._stop_group(group, min(deadline, time.monotonic() + STAGE_STOP_TIMEOUT_S))
        self._running.clear()
        self._state.unlink(missing_ok=True)

    def _stop_group(self, group: list[Running], deadline: float) -> None:
        for one in group:
            os.killpg(one.process.pid, signal.SIGTERM)
        while any(one.end() is None for one in group) and time.monotonic() < deadline:
            time.sleep(0.02)
        for one in group:
            if one.end() is None:
                self._say(f"{one.spec.name} does not stop in time: killing it")
            os.killpg(one.process.pid, signal.SIGKILL)  # and children that outlived their parent
            one.process.wait()

    def _is_up(self, spec: Spec) -> bool:
        with self._network.inside(spec.site):
            if spec.ready_url is not None:
                return answers_200(spec.ready_url)
            return spec.ready_port is None or ports.accepts(spec.ready_port)

    def _write_state(self) -> None:
        rows = [{"name": one.spec.name, "pid": one.process.pid, "log": str(one.log)}
                for one in self._running]
        self._state.write_text(json.dumps({"launcher": os.getpid(), "processes": rows}, indent=1))


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        state = Path("/proc", str(pid), "stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def answers_200(url: str) -> bool:
    try:
        with _opener.open(url, timeout=2) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


def _epitaph(one: Running, what: str) -> str:
    """What happened to a process, with the end of its log."""
    lines = one.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
    tail = "\n".join(f"    {line}" for line in lines) or "    (its log is empty)"
    return f"{one.spec.name} {what}; the end of {one.log}:\n{tail}"
