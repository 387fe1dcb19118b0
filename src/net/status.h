// How a clew::Error looks on the wire: HTTP status, gRPC status, google.rpc.Status.
// Source: google/rpc/status.proto, error_details.proto (RetryInfo), OTLP specification v1.11.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace clew::net {

/// gRPC's status codes, by their numbers on the wire.
enum class GrpcCode : int {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

/// The status a server answers with for that class of error.
int http_status(Code code);
GrpcCode grpc_code(Code code);

/// The code's name as gRPC writes it, e.g. "UNAVAILABLE"; "CODE_42" for a number it does not know.
std::string grpc_code_name(GrpcCode code);

/// `error` as a serialized google.rpc.Status, with a google.rpc.RetryInfo when retry_after is set:
/// the body of an OTLP/HTTP error, and the content of gRPC's `grpc-status-details-bin`.
std::string rpc_status_proto(const Error& error);

/// The same in protobuf's JSON form.
std::string rpc_status_json(const Error& error);

/// What a gRPC peer's answer means for us. Retryable (kUnavailable or kTimeout): CANCELLED,
/// DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS, and RESOURCE_EXHAUSTED only
/// when `details` holds a RetryInfo; everything else is final. `details` is a serialized
/// google.rpc.Status, foreign bytes: what cannot be read of it is ignored. The message names the
/// peer's code.
Error error_of_grpc(GrpcCode code, std::string_view message, std::string_view details);

/// What an HTTP peer's error status means for us. Retryable (kUnavailable): 429, 502, 503, 504;
/// everything else is final. `retry_after` is the answer's Retry-After; without one a
/// google.rpc.RetryInfo counts, where `body` is a serialized google.rpc.Status. The message quotes
/// the beginning of what the peer said. Source: OTLP specification v1.11, "Failures".
Error error_of_http(int status, std::string_view content_type, std::string_view body,
                    std::optional<std::chrono::milliseconds> retry_after);

}  // namespace clew::net
