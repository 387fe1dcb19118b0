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
from plan import Spec, Stage, environment
from settings import DemoError

PR_SET_PDEATHSIG = 1
STOP_TIMEOUT_S = 15.0  # for all of them
STAGE_STOP_TIMEOUT_S = 5.0
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


class Supervisor:
    """Owns every process of one run. Use it as a context: leaving it stops whatever it started.

    Each process leads a group of its own, so that a Ctrl-C at the terminal reaches only the
    launcher, which then stops them in order; and each is killed by the kernel should the launcher
    die first. Only the main thread may start processes (the kernel ties their life to the thread).
    """

    def __init__(self, logs: Path, state: Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._state = state
        self._say = say
        self._running: list[Running] = []
        self._known_dead: set[str] = set()

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()

    def start(self, spec: Spec) -> None:
        """Starts one process; its output goes to its own log file."""
        log = self._logs / f"{spec.name}.log"
        launcher = os.getpid()

        def before_exec() -> None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != launcher:  # it died before the line above took effect
                os._exit(1)

        with open(log, "wb") as output:
            try:
                process = subprocess.Popen(
                    spec.argv, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                    cwd=spec.cwd, env=environment(spec), start_new_session=True,
                    preexec_fn=before_exec)
            except OSError as error:
                raise DemoError(f"cannot start {spec.name} ({spec.argv[0]}): {error}") from error
        self._running.append(Running(spec, process, log))
        self._write_state()

    def wait_ready(self, names: Iterable[str], timeout_s: float) -> None:
        """Returns when all of the named processes are up; DemoError when one is not in time."""
        deadline = time.monotonic() + timeout_s
        waiting = [one for one in self._running if one.spec.name in set(names)]
        while waiting:
            for one in waiting:
                if one.process.poll() is not None:
                    raise DemoError(_epitaph(one, "ended while it started"))
            waiting = [one for one in waiting if not _is_up(one.spec)]
            if waiting and time.monotonic() > deadline:
                raise DemoError(_epitaph(waiting[0], f"is not up after {timeout_s:.0f} s"))
            if waiting:
                time.sleep(0.1)

    def newly_dead(self) -> list[str]:
        """A line about each process that has ended since the last call."""
        lines = []
        for one in self._running:
            code = one.process.poll()
            if code is not None and one.spec.name not in self._known_dead:
                self._known_dead.add(one.spec.name)
                how = f"signal {-code}" if code < 0 else f"exit code {code}"
                lines.append(f"{one.spec.name} has ended ({how}), see {one.log}")
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
            _signal_group(one, signal.SIGTERM)
        for one in group:
            try:
                one.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._say(f"{one.spec.name} does not stop in time: killing it")
                _signal_group(one, signal.SIGKILL)
                one.process.wait()

    def _write_state(self) -> None:
        rows = [{"name": one.spec.name, "pid": one.process.pid, "log": str(one.log)}
                for one in self._running]
        self._state.write_text(json.dumps({"launcher": os.getpid(), "processes": rows}, indent=1))


def _signal_group(one: Running, number: int) -> None:
    if one.process.poll() is None:  # else its number may be somebody else's by now
        os.killpg(one.process.pid, number)


def _is_up(spec: Spec) -> bool:
    if spec.ready_url is not None:
        return answers_200(spec.ready_url)
    return spec.ready_port is None or ports.accepts(spec.ready_port)


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
