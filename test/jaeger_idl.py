"""Jaeger's own protos (jaeger-idl), got ready at first use, and a server's, by its reflection."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import google.api
import grpc
from clew import REPO
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

READY = REPO / ".deps" / "sdk" / "jaeger-idl-0.14.0.pb"
GET_READY_TIMEOUT_S = 300
MODULES = {
    "jaeger-idl": "github.com/jaegertracing/jaeger-idl@v0.14.0",
    "gogo": "github.com/gogo/protobuf@v1.3.2",
    "gnostic": "github.com/google/gnostic@v0.7.1",
}
FILES = ("model.proto", "query.proto", "api_v3/query_service.proto", "api_v3/capabilities.proto",
         "storage/v2/trace_storage.proto", "storage/v2/dependency_storage.proto",
         "storage/v2/capabilities.proto")  # fmt: skip


def _run(*command: str | pathlib.Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=GET_READY_TIMEOUT_S)
    assert done.returncode == 0, f"{command[0]}: {done.stderr or done.stdout}"
    return done.stdout


def _module(name: str) -> pathlib.Path:
    """The folder of a Go module, out of Go's own cache."""
    go = shutil.which("go", path=f"{os.environ['PATH']}:/usr/local/go/bin")
    assert go, "there is no `go` to fetch Jaeger's protos with; install it from go.dev"
    return pathlib.Path(json.loads(_run(go, "mod", "download", "-json", name))["Dir"])


@functools.cache
def official() -> descriptor_pool.DescriptorPool:
    """What jaeger-idl's protos define, compiled by protoc."""
    if not READY.exists():
        idl, gogo, gnostic = (_module(name) for name in MODULES.values())
        READY.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=READY.parent) as name:
            folder, compiled = pathlib.Path(name), pathlib.Path(name) / "set.pb"
            # Jaeger imports it under another path than the one it has in its module.
            shutil.copytree(gnostic / "openapiv3", folder / "gnostic" / "openapiv3")
            api = pathlib.Path(next(iter(google.api.__path__))).parent.parent
            paths = (idl / "proto", idl / "proto" / "api_v2", gogo, gnostic, folder,
                     REPO / ".deps" / "protos", api)  # fmt: skip
            _run("protoc", *(f"-I{path}" for path in paths), "--include_imports",
                 f"--descriptor_set_out={compiled}", *FILES)  # fmt: skip
            compiled.rename(READY)  # whole or not at all
    return _pool(descriptor_pb2.FileDescriptorSet.FromString(READY.read_bytes()))


def _pool(files: descriptor_pb2.FileDescriptorSet) -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool


def message(pool: descriptor_pool.DescriptorPool, name: str):
    """The class of a message by its full name."""
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def reflected(channel: grpc.Channel) -> tuple[set[str], descriptor_pool.DescriptorPool]:
    """The services that a server lists, and what it says that they are."""
    database = ProtoReflectionDescriptorDatabase(channel)
    return set(database.get_services()), descriptor_pool.DescriptorPool(database)


class Service:
    """Calls methods of a service by their descriptors."""

    def __init__(self, channel: grpc.Channel, pool: descriptor_pool.DescriptorPool, name: str):
        self.channel, self.pool = channel, pool
        self.descriptor = pool.FindServiceByName(name)

    def __call__(self, method: str, **fields):
        """The answer, or the list of answers of a stream."""
        described = self.descriptor.methods_by_name[method]
        request = message_factory.GetMessageClass(described.input_type)(**fields)
        answer = message_factory.GetMessageClass(described.output_type)
        path = f"/{self.descriptor.full_name}/{method}"
        way = self.channel.unary_stream if described.server_streaming else self.channel.unary_unary
        call = way(path, lambda message: message.SerializeToString(), answer.FromString)
        result = call(request, timeout=30)
        return list(result) if described.server_streaming else result
