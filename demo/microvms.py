"""The microVMs of the demo: one manager starts them, tells the mesh of them, and takes orders.

A microVM is a QEMU with a kernel and our initramfs (microvm/), and a sidecar beside it on the host.
The mesh sends it requests from when it answers until it is to go or is found dead; one that has
died is not started again. Orders are lines of text on a loopback port, answers are JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import faults
import mesh_resources
import plan
import ports
import processes
from mesh_resources import Proxy
from network import LOOPBACK
from settings import INITRAMFS, KERNEL, DemoError, Settings
from topology import CORES, HOST, SERVICES, Core, Service, core, microvm, sidecar_node

MACHINE = "acpi=on,x-option-roms=off,isa-serial=on,rtc=on,pit=on,pic=on"
MEMORY_MB = 128
KERNEL_WORDS = "console=ttyS0 quiet panic=-1 reboot=t cryptomgr.notests=1 random.trust_cpu=on"
# An emulated processor says the first two wrong or late, and most boots hang without them; it does
# not speculate either, so nothing need be done about that.
EMULATED_WORDS = "tsc_early_khz=2400000 lpj=4800000 mitigations=off"
GUEST_ADDRESS = "10.0.2.15"  # QEMU's user network gives each guest the same

ANSWER_TIMEOUT_S = 20.0
PROBE_TIMEOUT_S = 4.0  # KVM that works needs a fraction of it
# Until every caller knows that a microVM is not ready any more, and its sidecar's last spans are
# sent: Envoy sends them once a second, and none when it ends.
HANDOVER_S = 1.5
STOP_TIMEOUT_S = 5.0
TICK_S = 0.2

Say = Callable[[str], None]
Json = dict[str, Any]


@dataclass(eq=False)
class Guest:
    """One microVM and the sidecar beside it; `state` is what people are told."""

    name: str
    core: Core
    slot: int
    state: str = "waiting"
    qemu: asyncio.subprocess.Process | None = None
    sidecar: asyncio.subprocess.Process | None = None
    start_s: float | None = None  # from QEMU's start to the first answer over HTTP
    faults: str = ""  # those it was told last
    leave: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{ports.microvm_app(self.core, self.slot)}"

    def picture(self) -> Json:
        return {"name": self.name, "core": self.core.name, "state": self.state,
                "start_s": self.start_s, "app": self.url,
                "qemu": self.qemu.pid if self.qemu else None,
                "sidecar": self.sidecar.pid if self.sidecar else None}


def qemu_command(service: Service, guest: Guest, accelerator: str) -> list[str]:
    """A machine whose one network card forwards a port of loopback to the service inside."""
    endpoints = ",".join(f"{one.method}:{one.path}:{one.work_ms:g}" for one in service.endpoints)
    words = [KERNEL_WORDS, *([EMULATED_WORDS] if accelerator == "tcg" else []),
             f"shop_service={service.name} shop_core={guest.core.name} shop_id={guest.name}",
             f"shop_port=80 shop_endpoints={endpoints}",
             f"guest_address={GUEST_ADDRESS} guest_netmask=255.255.255.0"]
    forward = f"tcp:{HOST}:{ports.microvm_app(guest.core, guest.slot)}-{GUEST_ADDRESS}:80"
    return ["qemu-system-x86_64", "-M", f"microvm,accel={accelerator},{MACHINE}", "-cpu", "max",
            "-m", str(MEMORY_MB), "-nodefaults", "-no-user-config", "-display", "none",
            "-no-reboot", "-serial", "stdio", "-kernel", str(KERNEL), "-initrd", str(INITRAMFS),
            "-append", " ".join(words), "-netdev", f"user,id=net,restrict=on,hostfwd={forward}",
            # A card that can tell of its link lets Linux wait a second before it believes it.
            "-device", "virtio-net-device,netdev=net,status=off"]


async def ask_http(url: str, method: str = "GET", timeout_s: float = 0.15) -> int | None:
    """The status of one request, or None when there is no answer in time."""
    rest = url.removeprefix("http://")
    address, _, path = rest.partition("/")
    writer = None
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(*address.split(":"))
            writer.write(f"{method} /{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n"
                         "content-length: 0\r\n\r\n".encode())
            words = (await reader.readline()).split()
            return int(words[1]) if len(words) > 1 else None
    except (OSError, TimeoutError, ValueError):
        return None
    finally:
        if writer:
            writer.close()


class Manager:
    """Supervises every microVM of a run; everything happens on one event loop."""

    def __init__(self, settings: Settings, service: Service, say: Say) -> None:
        self._settings = settings
        self._service = service
        self._say = say
        self._accelerator = "tcg"
        self._guests: dict[Guest, asyncio.Task[None]] = {}
        self._started: Counter[str] = Counter()  # by core location: no id is given twice
        # One after the other: an emulated processor takes one of the host's while it boots.
        self._booting = asyncio.Semaphore(max(1, (os.cpu_count() or 1) // 2))

    async def run(self, locations: Iterable[Core], port: int) -> None:
        """Starts one in each core location, then takes orders until it is cancelled."""
        try:
            self._accelerator = await self._probe()
            await asyncio.gather(*(self.scale(location, 1) for location in locations))
            async with await asyncio.start_server(self._serve, HOST, port):
                while True:
                    await self._pass_on_faults()
                    await asyncio.sleep(TICK_S)
        finally:
            lives = list(self._guests.values())
            for life in lives:
                life.cancel()
            await asyncio.gather(*lives, return_exceptions=True)

    async def scale(self, location: Core, count: int) -> None:
        """Returns when a core location has so many that serve: new ones start, the newest go."""
        if not 0 <= count <= ports.MICROVM_SLOTS:
            raise DemoError(f"{count} microVMs: say 0 to {ports.MICROVM_SLOTS}, more have no ports")
        mine = [one for one in self._guests if one.core == location and not one.leave.is_set()]
        for guest in mine[count:]:
            guest.leave.set()
        started = [self._start(location) for _ in range(count - len(mine))]
        going = [self._guests[guest] for guest in mine[count:]]
        await asyncio.gather(*going)
        while any(guest.state in ("waiting", "starting") for guest in started):
            await asyncio.sleep(TICK_S / 4)
        if dead := [guest.name for guest in started if guest.state != "serving"]:
            raise DemoError(f"{', '.join(dead)} did not come up, see {self._settings.logs}")

    def _start(self, location: Core) -> Guest:
        taken = {one.slot for one in self._guests if one.core == location}
        free = set(range(ports.MICROVM_SLOTS)) - taken
        if not free:
            raise DemoError(f"some microVMs in {location.name} have not ended yet: try again")
        self._started[location.name] += 1
        name = microvm(self._service.name, location, self._started[location.name])
        guest = Guest(name, location, min(free))
        self._guests[guest] = asyncio.create_task(self._live(guest))
        return guest

    async def _live(self, guest: Guest) -> None:
        """The whole life of a microVM, from before its start until nothing of it is left."""
        try:
            async with self._booting:
                await self._bring_up(guest)
            await self._tell_mesh(guest, ready=True)
            guest.state = "serving"
            why = await self._until_it_ends(guest)
            guest.state = "leaving"
            await self._tell_mesh(guest, ready=False)
            self._say(f"{guest.name} {why}; the mesh sends it no more requests")
            await asyncio.sleep(HANDOVER_S)
        except DemoError as error:
            self._say(f"{guest.name}: {error}")
        finally:
            guest.state = "gone"
            await self._take_down(guest)
            del self._guests[guest]

    async def _bring_up(self, guest: Guest) -> None:
        """The sidecar first, so that it does not take the processor from a machine that boots."""
        guest.state = "starting"
        node = sidecar_node(guest.name)
        await self._tell_mesh(guest, ready=False)
        self._settings.token(node).write_text(await self._clew("mesh", "proxy-token", node))
        admin = ports.microvm_admin(guest.core, guest.slot)
        sidecar = plan.envoy(self._settings, Proxy(node, guest.core, admin), plan.Stage.MICROVMS,
                             LOOPBACK)
        guest.sidecar = await self._spawn(node, sidecar.argv, plan.environment(sidecar))
        await self._answers(guest.sidecar, sidecar.ready_url or "", ANSWER_TIMEOUT_S)
        begin = time.monotonic()
        command = qemu_command(self._service, guest, self._accelerator)
        guest.qemu = await self._spawn(guest.name, command)
        await self._answers(guest.qemu, f"{guest.url}/healthz", ANSWER_TIMEOUT_S)
        guest.start_s = round(time.monotonic() - begin, 2)
        self._say(f"{guest.name} has answered after {guest.start_s:.2f} s "
                  f"({self._accelerator.upper()})")

    async def _answers(self, process: asyncio.subprocess.Process, url: str,
                       timeout_s: float) -> None:
        """Returns when a URL answers 200; DemoError if its process ends, or the time, before."""
        deadline = time.monotonic() + timeout_s
        while await ask_http(url) != 200:
            if process.returncode is not None:
                raise DemoError(f"ended while it started, with status {process.returncode}")
            if time.monotonic() > deadline:
                raise DemoError(f"{url} does not answer after {timeout_s:.0f} s")
            await asyncio.sleep(0.02)

    async def _until_it_ends(self, guest: Guest) -> str:
        """Waits until a microVM is to go, or it or its sidecar is dead, and says which."""
        assert guest.qemu and guest.sidecar
        ends = {asyncio.create_task(guest.leave.wait()): "is to go",
                asyncio.create_task(guest.qemu.wait()): "is dead",
                asyncio.create_task(guest.sidecar.wait()): "has lost its sidecar"}
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            return ends[done.pop()]
        finally:
            for task in ends:
                task.cancel()

    async def _take_down(self, guest: Guest) -> None:
        """The sidecar drains before its microVM ends; then the mesh forgets both."""
        for process in (guest.sidecar, guest.qemu):
            if process and process.returncode is None:
                process.terminate()
                if not await _within(process.wait(), STOP_TIMEOUT_S):
                    process.kill()
                    await process.wait()
        node = sidecar_node(guest.name)
        self._settings.token(node).unlink(missing_ok=True)
        try:
            await self._clew("mesh", "delete", "Dataplane", node)
        except DemoError as error:
            self._say(f"{guest.name}: {error}")

    async def _tell_mesh(self, guest: Guest, ready: bool) -> None:
        dataplane = mesh_resources.microvm_dataplane(self._service.name, guest.name, guest.core,
                                                     guest.slot, ready)
        await self._clew("mesh", "apply", "-f", "-", told=json.dumps(dataplane))

    async def _clew(self, *words: str, told: str = "") -> str:
        """What an operator does at the command line; its output, or DemoError."""
        process = await asyncio.create_subprocess_exec(
            self._settings.clew, *words, "--address", f"http://{HOST}:{ports.MESH_API}",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE)
        out, complaint = await process.communicate(told.encode())
        if process.returncode != 0:
            raise DemoError(f"clew {' '.join(words[:2])}: {complaint.decode().strip()}")
        return out.decode()

    async def _spawn(self, name: str, command: list[str],
                     env: dict[str, str] | None = None) -> asyncio.subprocess.Process:
        with open(self._settings.logs / f"{name}.log", "wb") as log:
            return await asyncio.create_subprocess_exec(
                *command, env=env, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=processes.dies_with(os.getpid()))

    async def _probe(self) -> str:
        """Boots a microVM with KVM, which may be there and still not run one."""
        why = "there is no /dev/kvm that may be used"
        if os.access("/dev/kvm", os.R_OK | os.W_OK):
            guest = Guest("probe-of-kvm", CORES[0], 0)
            process = await self._spawn(guest.name, qemu_command(self._service, guest, "kvm"))
            try:
                begin = time.monotonic()
                await self._answers(process, f"{guest.url}/healthz", PROBE_TIMEOUT_S)
                self._say(f"KVM runs a microVM: up after {time.monotonic() - begin:.2f} s")
                return "kvm"
            except DemoError as error:
                why = f"a microVM under KVM failed: {error}"
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        self._say(f"emulating processors with TCG, for {why}")
        return "tcg"

    async def _pass_on_faults(self) -> None:
        """Tells every microVM the faults that are on, which services on the host read from a file.
        """
        known = faults.load(self._settings.faults)
        for guest in [one for one in self._guests if one.state == "serving"]:
            mine = {one["kind"]: one for one in known if one["service"] == self._service.name
                    and one["core"] in (None, guest.core.name)}
            query = (f"errors={mine.get('errors', {}).get('share', 0)}"
                     f"&slow_ms={mine.get('slow', {}).get('delay_ms', 0)}")
            if query != guest.faults:
                if await ask_http(f"{guest.url}/faults?{query}", "PUT") == 200:
                    guest.faults = query

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One order: `list`, or `scale CORE COUNT`."""
        try:
            words = (await reader.readline()).decode(errors="replace").split()
            if words[:1] == ["scale"]:
                await self.scale(core(words[1]), int(words[2]))
            elif words != ["list"]:
                raise DemoError("no such order")
            answer: Json = {"service": self._service.name, "accelerator": self._accelerator,
                            "microvms": [one.picture() for one in self._guests]}
        except (DemoError, LookupError, ValueError) as error:
            answer = {"error": str(error)}
        writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()


def run(settings: Settings, say: Say) -> None:
    """Is the manager until SIGTERM or SIGINT."""
    (service,) = [one for one in SERVICES if one.in_microvms]

    async def until_signal() -> None:
        manager = asyncio.create_task(Manager(settings, service, say).run(CORES, ports.MICROVMS))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, manager.cancel)
        try:
            await manager
        except asyncio.CancelledError:
            say("every microVM has ended")

    asyncio.run(until_signal())


async def _within(awaitable: Any, seconds: float) -> bool:
    """Whether it is done in time."""
    try:
        await asyncio.wait_for(awaitable, seconds)
        return True
    except TimeoutError:
        return False
