// What server and client share of gRPC. Pulls in gRPC: only for the .cc files of net/.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace clew::net {

/// Sends gRPC's own errors to Clew's log, those of one place in gRPC at most every 10 s. Takes
/// effect once per process, however often it is called.
void use_our_log();

/// The bytes of a message that came in. Copied into one piece: a message of more than one HTTP/2
/// frame (16 KiB) lies scattered, and a piece of gRPC's read buffer would keep all of that buffer
/// alive.
SharedBytes bytes_of(const grpc::ByteBuffer& buffer);

/// A message to be sent, without copying the bytes.
grpc::ByteBuffer buffer_of(SharedBytes bytes);

/// `error` as a status, with its google.rpc.Status as details where it has a retry_after.
grpc::Status status_of(const Error& error);

}  // namespace clew::net
