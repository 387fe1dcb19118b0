"""Starting and stopping real processes: whatever happens, none is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import processes
from plan import Spec, Stage
from processes import Supervisor, is_alive
from settings import DEMO, DemoError

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [sys.executable, "-c",
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
            "print('deaf', flush=True); time.sleep(600)"]

LAUNCHER = """
import sys, time
from pathlib import Path
from plan import Spec, Stage
from processes import Supervisor
directory = Path(sys.argv[1])
with Supervisor(directory, directory / "state.json", print) as supervisor:
    supervisor.start(Spec("sleeper", Stage.STORE, [sys.executable, "-c", sys.argv[2]]))
    time.sleep(600)
"""


def eventually(condition) -> bool:
    deadline = time.monotonic() + 10
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


class Processes(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.said: list[str] = []
        self.supervisor = Supervisor(self.directory, self.directory / "state.json",
                                     self.said.append)
        self.addCleanup(self.supervisor.stop_all)

    def pids(self) -> list[int]:
        return [one.process.pid for one in self.supervisor._running]

    def test_leaving_stops_all_and_removes_the_state(self) -> None:
        with self.supervisor:
            for number in range(3):
                self.supervisor.start(Spec(f"sleeper-{number}", Stage.STORE, SLEEPER))
            pids = self.pids()
            self.assertTrue(all(is_alive(pid) for pid in pids))
        self.assertFalse(any(is_alive(pid) for pid in pids))
        self.assertFalse((self.directory / "state.json").exists())

    def test_one_that_ignores_sigterm_is_killed_and_that_is_said(self) -> None:
        self.supervisor.start(Spec("deaf", Stage.STORE, STUBBORN))
        log = self.directory / "deaf.log"
        self.assertTrue(eventually(lambda: "deaf" in log.read_text()))
        [pid] = self.pids()
        processes.STAGE_STOP_TIMEOUT_S, before = 0.3, processes.STAGE_STOP_TIMEOUT_S
        self.addCleanup(setattr, processes, "STAGE_STOP_TIMEOUT_S", before)
        self.supervisor.stop_all()
        self.assertFalse(is_alive(pid))
        self.assertIn("deaf does not stop in time", self.said[0])

    def test_a_child_that_outlives_its_parent_is_stopped_too(self) -> None:
        parent = ("import signal, subprocess, sys, time; child = subprocess.Popen([sys.executable, "
                  f"'-c', {STUBBORN[2]!r}]); print(child.pid, flush=True); time.sleep(600)")
        self.supervisor.start(Spec("parent", Stage.STORE, [sys.executable, "-c", parent]))
        log = self.directory / "parent.log"
        self.assertTrue(eventually(lambda: len(log.read_text().split()) == 2))
        child = next(int(word) for word in log.read_text().split() if word.isdigit())
        self.assertTrue(is_alive(child))
        self.supervisor.stop_all()
        self.assertTrue(eventually(lambda: not is_alive(child)))

    def test_a_launcher_that_is_killed_takes_its_processes_along(self) -> None:
        launcher = subprocess.Popen(
            [sys.executable, "-B", "-c", LAUNCHER, str(self.directory), SLEEPER[2]], cwd=DEMO)
        self.addCleanup(launcher.kill)
        state = self.directory / "state.json"
        self.assertTrue(eventually(state.exists))
        children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split()
        self.assertEqual(len(children), 1)
        launcher.send_signal(signal.SIGKILL)
        launcher.wait()
        self.assertTrue(eventually(lambda: not is_alive(int(children[0]))))

    def test_one_that_ends_while_it_starts_is_told_with_the_end_of_its_log(self) -> None:
        self.supervisor.start(Spec("broken", Stage.STORE,
                                   [sys.executable, "-c", "raise SystemExit('no such disk')"],
                                   ready_port=1))
        with self.assertRaisesRegex(DemoError, "(?s)broken ended while it started.*no such disk"):
            self.supervisor.wait_ready(["broken"], timeout_s=10)

    def test_one_that_is_not_up_in_time_is_told(self) -> None:
        self.supervisor.start(Spec("slow", Stage.STORE, SLEEPER, ready_port=1))
        with self.assertRaisesRegex(DemoError, "slow is not up"):
            self.supervisor.wait_ready(["slow"], timeout_s=0.3)

    def test_one_that_cannot_be_started_is_told(self) -> None:
        with self.assertRaisesRegex(DemoError, "cannot start ghost"):
            self.supervisor.start(Spec("ghost", Stage.STORE, ["/nowhere/ghost"]))

    def test_each_death_is_told_once(self) -> None:
        self.supervisor.start(Spec("mortal", Stage.STORE, SLEEPER))
        self.assertEqual(self.supervisor.newly_dead(), [])
        os.kill(self.pids()[0], signal.SIGKILL)
        told: list[str] = []

        def somebody_died() -> bool:
            told.extend(self.supervisor.newly_dead())
            return bool(told)

        self.assertTrue(eventually(somebody_died))
        self.assertIn("mortal has ended (signal 9)", told[0])
        self.assertEqual(self.supervisor.newly_dead(), [])


if __name__ == "__main__":
    unittest.main()
