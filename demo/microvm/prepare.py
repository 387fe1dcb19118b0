#!/usr/bin/env python3
"""Gets and builds what microVMs of the demo are made of: QEMU, a kernel, and an initramfs of ours.

QEMU is installed from Debian (as root or through sudo). Debian's cloud kernel is not installed: its
package is unpacked under .deps/microvm. Safe to run again; quick when nothing is missing.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
DEPS = REPOSITORY / ".deps" / "microvm"  # vmlinux and modules, Debian's
BUILT = REPOSITORY / "build" / "microvm"  # guest and initramfs, ours

SOURCE = HERE / "guest.cc"
PROGRAMS = {"qemu-system-x86_64": "qemu-system-x86", "lz4": "lz4"}  # and their packages
KERNEL = "linux-image-cloud-amd64"
MODULES = ("virtio_ring", "virtio", "virtio_mmio", "failover", "net_failover", "virtio_net")
LZ4_LEGACY_MAGIC = b"\x02\x21\x4c\x18"


class PrepareError(Exception):
    """What could not be had; its text is the whole message."""


def say(line: str) -> None:
    print(f"microvm: {line}", flush=True)


def run(*argv: str | Path, **more) -> bytes:
    """The output of a program; PrepareError with what it complained about when it fails."""
    done = subprocess.run(argv, capture_output=True, check=False, **more)
    if done.returncode != 0:
        raise PrepareError(f"{' '.join(map(str, argv))} failed:\n"
                           f"{done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def as_root(*argv: str) -> None:
    run(*([] if os.geteuid() == 0 else ["sudo"]), *argv)


def install_programs() -> None:
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    if not missing:
        return
    say(f"installing Debian packages: {' '.join(missing)}")
    as_root("apt-get", "update", "-qq")
    as_root("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq",
            "--no-install-recommends", *missing)


def fetch_kernel() -> None:
    """The kernel that Debian's cloud images run now, and the few modules of it that are needed."""
    if (DEPS / "vmlinux").exists():
        return
    as_root("apt-get", "update", "-qq")
    depends = run("apt-cache", "depends", "--important", KERNEL).decode()
    images = [line.split()[1] for line in depends.splitlines() if "Depends: linux-image-" in line]
    if not images:
        raise PrepareError(f"apt-cache knows no package {KERNEL}: is this Debian on amd64?")
    say(f"fetching {images[0]} into .deps/microvm (it is not installed)")
    DEPS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        run("apt-get", "download", "-qq", images[0], cwd=folder)
        (package,) = Path(folder).glob("*.deb")
        run("dpkg-deb", "--extract", package, folder)
        for name in MODULES:
            (module,) = Path(folder).glob(f"lib/modules/**/{name}.ko")
            shutil.copy(module, DEPS)
        (image,) = Path(folder).glob("boot/vmlinuz-*")
        draft = DEPS / "vmlinux.new"
        draft.write_bytes(unpacked(image.read_bytes()))
        draft.rename(DEPS / "vmlinux")  # last and at once: its being there says that all is


def unpacked(image: bytes) -> bytes:
    """The ELF file within a bzImage, which says where (Linux, Documentation/x86/boot.rst)."""
    setup_sectors = image[0x1F1]
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    payload = image[start:start + length - 4]  # its last four bytes are the length unpacked
    if not payload.startswith(LZ4_LEGACY_MAGIC):
        raise PrepareError(f"the kernel begins with {payload[:4].hex()}, which is not LZ4: teach "
                           f"{Path(__file__).name} how to unpack it")
    return run("lz4", "-dc", "-", input=payload)


def build_guest() -> None:
    guest, initramfs = BUILT / "guest", BUILT / "initramfs"
    BUILT.mkdir(parents=True, exist_ok=True)
    if not newer(guest, SOURCE):
        compile_guest(guest)
    if not newer(initramfs, guest, DEPS / "vmlinux", Path(__file__)):
        draft = initramfs.with_suffix(".new")
        draft.write_bytes(archive(guest))
        draft.rename(initramfs)


def compile_guest(guest: Path) -> None:
    run("g++", "-std=c++23", "-Os", "-static", "-s", "-fno-exceptions", SOURCE, "-o", guest)


def newer(made: Path, *sources: Path) -> bool:
    return made.exists() and all(made.stat().st_mtime > one.stat().st_mtime for one in sources)


def archive(guest: Path) -> bytes:
    """The initramfs: init, the modules, and the console that init's words go to."""
    entries = [entry("dev", 0o040755), entry("dev/console", 0o020600, device=(5, 1)),
               entry("modules", 0o040755)]
    entries += [entry(f"modules/{name}.ko", 0o100644, (DEPS / f"{name}.ko").read_bytes())
                for name in MODULES]
    return b"".join([*entries, entry("init", 0o100755, guest.read_bytes()),
                     entry("TRAILER!!!", 0)])


def entry(name: str, mode: int, data: bytes = b"", device: tuple[int, int] = (0, 0)) -> bytes:
    """One file of a cpio archive in the form "newc": 13 numbers, name and data padded to 4 bytes.
    """
    numbers = (0, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % number for number in numbers) + name.encode() + b"\0"
    return padded(head) + padded(data)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def main() -> int:
    try:
        install_programs()
        fetch_kernel()
        build_guest()
    except PrepareError as error:
        print(f"microvm: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
