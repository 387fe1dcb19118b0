"""MicroVMs without QEMU: the guest's program runs on the host, and the manager starts that instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import faults
import microvm_check
import microvms
import ports
from microvm import prepare
from microvms import Manager, ask_http
from settings import DEMO, DemoError, settings
from topology import HOST, Core, Endpoint, Service

TIMEOUT_S = 30.0
PAYMENTS = Service("payments", "microvm", None, (Endpoint("GET", "/prices/{id}", 1),
                                                 Endpoint("POST", "/charge", 1)))
folder = tempfile.TemporaryDirectory()
GUEST = Path(folder.name) / "guest"


def setUpModule() -> None:
    prepare.compile_guest(GUEST)
    microvms.HANDOVER_S = 0.1  # there is no mesh here that would have to know
    unittest.addModuleCleanup(folder.cleanup)


def free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        return server.getsockname()[1]


class TheGuestsProgram(unittest.TestCase):
    def setUp(self) -> None:
        self.port = free_port()
        env = {"shop_service": "payments", "shop_core": "fra", "shop_id": "payments-fra-1",
               "shop_port": str(self.port), "shop_endpoints": "GET:/prices/{id}:2,POST:/charge:1"}
        process = subprocess.Popen([GUEST], env=env)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + TIMEOUT_S
        while not ports.accepts(self.port) and time.monotonic() < deadline:
            time.sleep(0.02)

    def ask(self, path: str, method: str = "GET", body: bytes | None = None) -> tuple[int, str]:
        request = urllib.request.Request(f"http://{HOST}:{self.port}{path}", body, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=TIMEOUT_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def raw(self, text: bytes) -> bytes:
        """All that comes back for some bytes, until the guest hangs up."""
        with socket.create_connection((HOST, self.port), timeout=TIMEOUT_S) as connection:
            received = b""
            with contextlib.suppress(ConnectionError):  # it hangs up on what it has not read
                connection.sendall(text)
                while part := connection.recv(4096):
                    received += part
            return received

    def test_answers_its_endpoints_and_nothing_else(self) -> None:
        status, body = self.ask("/prices/7?currency=EUR")
        self.assertEqual((status, body), (
            200, '{"service":"payments","core_location":"fra","microvm":"payments-fra-1",'
                 '"request":"GET /prices/7","calls":[]}\n'))
        self.assertEqual(self.ask("/charge", "POST", b"much")[0], 200)
        self.assertEqual(self.ask("/healthz")[0], 200)
        for method, path in (("GET", "/charge"), ("GET", "/prices"), ("GET", "/prices/"),
                             ("GET", "/prices/7/8"), ("GET", "/")):
            self.assertEqual(self.ask(path, method)[0], 404, path)

    def test_requests_of_one_connection_are_answered_in_order(self) -> None:
        answers = self.raw(b"POST /charge HTTP/1.1\r\nContent-Length: 4\r\n\r\nmuch"
                           b"GET /prices/1 HTTP/1.1\r\n\r\n"
                           b"GET /prices/2 HTTP/1.1\r\nConnection: Close\r\n\r\n")
        places = [answers.index(part) for part in (b"POST /charge", b"/prices/1", b"/prices/2")]
        self.assertEqual(places, sorted(places))
        self.assertEqual(answers.count(b"HTTP/1.1 200 OK"), 3)

    def test_what_is_no_request_is_refused_and_the_connection_ends(self) -> None:
        for text, status in (
                (b"hello\r\n\r\n", b"400"), (b"GET prices HTTP/1.1\r\n\r\n", b"400"),
                (b"GET / HTTP/1.0\r\n\r\n", b"400"),
                (b"POST /charge HTTP/1.1\r\ncontent-length: -1\r\n\r\n", b"400"),
                (b"POST /charge HTTP/1.1\r\ncontent-length: 9999999\r\n\r\n", b"413"),
                (b"POST /charge HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", b"411")):
            self.assertIn(status, self.raw(text).split(b"\r\n")[0], text)
        self.assertEqual(self.raw(b"x" * 100_000), b"")
        self.assertEqual(self.ask("/healthz")[0], 200)

    def test_a_fault_is_on_until_it_is_off(self) -> None:
        self.assertEqual(self.ask("/faults?errors=1&slow_ms=5", "PUT")[0], 200)
        status, body = self.ask("/prices/1")
        self.assertEqual(status, 500)
        self.assertIn("payments in fra is broken", body)
        self.ask("/faults?errors=0", "PUT")
        self.assertEqual(self.ask("/prices/1")[0], 200)


class OnTheHost(Manager):
    """A manager whose machines are the guest's program, started with the words that the kernel
    would hand it, and so are its sidecars; what it tells the mesh is only noted."""

    def __init__(self, directory: Path) -> None:
        where = settings(str(directory), None, None, None)
        where.logs.mkdir()
        where.token("").mkdir()
        super().__init__(where, PAYMENTS, lambda _: None)
        self.told: list[tuple[str, str]] = []  # name of a Dataplane, and what was said of it
        self.broken = False

    async def _spawn(self, name, command, env=None):
        if command[0].startswith("qemu"):
            words = dict(word.partition("=")[::2] for word in
                         command[command.index("-append") + 1].split())
            forward = command[command.index("-netdev") + 1]
            env = {key: value for key, value in words.items() if key.startswith("shop_")}
            env["shop_port"] = forward.split(":")[-2].split("-")[0]
            return await super()._spawn(name, ["false" if self.broken else str(GUEST)], env)
        admin = command[command.index("--admin-address") + 1].split(":")[1]
        env = {"shop_service": "", "shop_core": "", "shop_id": "", "shop_port": admin,
               "shop_endpoints": "GET:/ready:0"}
        return await super()._spawn(name, [str(GUEST)], env)

    async def _clew(self, *words, told=""):
        if words[1] == "apply":
            what = "NotReady" if "NotReady" in told else "Ready"
            name = told.split('"name": "')[1].split('"')[0]
        else:
            what, name = words[1], words[-1]
        self.told.append((name.removesuffix("-sidecar"), what))
        return "a token"

    def said_of(self, name: str) -> list[str]:
        return [what for told, what in self.told if told == name]


def free_core() -> Core:
    """A core location whose ports are nobody's, also not those of a demo that runs."""
    while True:
        location = Core("test", "test1", random.randrange(20000, 30000, 100))
        if not any(ports.busy(location.base + offset) for offset in range(50, 100)):
            return location


class TheManager(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.manager = OnTheHost(Path(directory.name))
        self.core = free_core()

    async def asyncTearDown(self) -> None:
        await self.manager.scale(self.core, 0)

    def names(self) -> list[str]:
        return [one.name for one in self.manager._guests]

    async def until(self, condition) -> None:
        async with asyncio.timeout(TIMEOUT_S):
            while not condition():
                await asyncio.sleep(0.02)

    async def test_each_is_registered_once_it_answers_and_the_newest_go_first(self) -> None:
        await self.manager.scale(self.core, 3)
        self.assertEqual(self.names(), ["payments-test-1", "payments-test-2", "payments-test-3"])
        for one in self.manager._guests:
            self.assertEqual(one.state, "serving")
            self.assertIsNotNone(one.start_s)
            self.assertEqual(await ask_http(f"{one.url}/prices/1", timeout_s=TIMEOUT_S), 200)
            self.assertEqual(self.manager.said_of(one.name), ["NotReady", "proxy-token", "Ready"])
        last = list(self.manager._guests)[2]
        await self.manager.scale(self.core, 2)
        self.assertEqual(self.names(), ["payments-test-1", "payments-test-2"])
        self.assertEqual(self.manager.said_of(last.name)[-3:], ["Ready", "NotReady", "delete"])
        self.assertIsNotNone(last.qemu.returncode)
        self.assertIsNotNone(last.sidecar.returncode)
        await self.manager.scale(self.core, 3)  # in the ports of the one that went, by a new name
        self.assertEqual(self.names()[2], "payments-test-4")
        self.assertEqual(list(self.manager._guests)[2].slot, last.slot)

    async def test_one_that_dies_is_deregistered_and_its_sidecar_ends_and_the_others_stay(
            self) -> None:
        await self.manager.scale(self.core, 2)
        dead, other = list(self.manager._guests)
        os.kill(dead.qemu.pid, signal.SIGKILL)
        await self.until(lambda: self.names() == [other.name])
        self.assertEqual(self.manager.said_of(dead.name)[-2:], ["NotReady", "delete"])
        self.assertIsNotNone(dead.sidecar.returncode)
        self.assertEqual(other.state, "serving")
        os.kill(other.sidecar.pid, signal.SIGKILL)  # without it nobody reaches the microVM
        await self.until(lambda: not self.names())
        self.assertIsNotNone(other.qemu.returncode)

    async def test_one_that_does_not_start_is_told_and_nothing_of_it_is_left(self) -> None:
        self.manager.broken = True
        with self.assertRaisesRegex(DemoError, "payments-test-1 did not come up"):
            await self.manager.scale(self.core, 1)
        await self.until(lambda: not self.names())
        self.assertNotIn("Ready", self.manager.said_of("payments-test-1"))

    async def test_more_than_there_are_ports_for_is_refused(self) -> None:
        with self.assertRaisesRegex(DemoError, "say 0 to 10"):
            await self.manager.scale(self.core, 11)

    async def test_faults_reach_microvms(self) -> None:
        await self.manager.scale(self.core, 1)
        (guest,) = self.manager._guests
        faults.save(self.manager._settings.faults, [
            {"kind": "errors", "service": "payments", "core": "test", "share": 1}])
        await self.manager._pass_on_faults()
        self.assertEqual(await ask_http(f"{guest.url}/prices/1", timeout_s=TIMEOUT_S), 500)
        faults.save(self.manager._settings.faults, [])
        await self.manager._pass_on_faults()
        self.assertEqual(await ask_http(f"{guest.url}/prices/1", timeout_s=TIMEOUT_S), 200)

    async def test_cancelling_it_ends_every_process(self) -> None:
        async def no_probe() -> str:
            return "tcg"
        self.manager._probe = no_probe
        running = asyncio.create_task(self.manager.run([self.core], free_port()))
        await self.until(lambda: any(one.state == "serving" for one in self.manager._guests))
        (guest,) = self.manager._guests
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        self.assertEqual(self.names(), [])
        self.assertIsNotNone(guest.qemu.returncode)
        self.assertIsNotNone(guest.sidecar.returncode)


class Preparation(unittest.TestCase):
    def test_the_archive_is_one_that_a_kernel_reads(self) -> None:
        data = prepare.entry("init", 0o100755, b"12345") + prepare.entry("TRAILER!!!", 0)
        self.assertEqual(len(data) % 4, 0)
        self.assertEqual(data[:6], b"070701")
        fields = [int(data[6 + 8 * i:14 + 8 * i], 16) for i in range(13)]
        self.assertEqual((fields[1], fields[6], fields[11]), (0o100755, 5, 5))
        self.assertEqual(data[110:115], b"init\0")
        self.assertEqual(data[116:121], b"12345")
        self.assertEqual(data[124:130], b"070701")

    def test_a_kernel_that_is_packed_otherwise_is_named(self) -> None:
        image = bytearray(4096)
        image[0x248:0x250] = b"\x00\x00\x00\x00\x80\x00\x00\x00"
        with self.assertRaisesRegex(prepare.PrepareError, "which is not LZ4"):
            prepare.unpacked(bytes(image))


class WhatWasLost(unittest.TestCase):
    def judge(self, path: str, status: int, began: float, ended: float) -> int:
        visit = microvm_check.Visit(began, ended, path, status, "t")
        return len(microvm_check.judge([visit], killed=100.0, dead=100.5))

    def test_only_a_post_under_way_at_the_kill_may_be(self) -> None:
        self.assertEqual(self.judge("/product/7", 200, 100.1, 100.2), 0)
        self.assertEqual(self.judge("/product/7", 500, 100.1, 100.2), 1)
        self.assertEqual(self.judge("/cart/checkout", 500, 99.9, 100.2), 0)
        self.assertEqual(self.judge("/cart/checkout", 0, 99.9, 100.2), 1)
        self.assertEqual(self.judge("/cart/checkout", 500, 99.0, 99.5), 1)
        self.assertEqual(self.judge("/cart/checkout", 500, 100.6, 100.7), 1)


class TheOtherTestsWithMicroVMs(unittest.TestCase):
    def test_they_pass_too(self) -> None:
        names = ["check_test", "compare_test", "mesh_resources_test", "ports_test"]
        done = subprocess.run([sys.executable, "-B", "-m", "unittest", *names], cwd=DEMO,
                              env=os.environ | {"CLEW_DEMO_MICROVM": "1"}, capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
