#include "net/status.h"

#include <algorithm>
#include <array>
#include <exception>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "base/json.h"

namespace clew::net {
namespace {

using std::chrono::milliseconds;

// google.rpc.Status { int32 code = 1; string message = 2; repeated google.protobuf.Any details = 3;
// } google.protobuf.Any { string type_url = 1; bytes value = 2; } google.rpc.RetryInfo {
// google.protobuf.Duration retry_delay = 1; } google.protobuf.Duration { int64 seconds = 1; int32
// nanos = 2; }
constexpr std::string_view kRetryInfoType = "type.googleapis.com/google.rpc.RetryInfo";

/// No server means to keep us away for longer, and the sum must not overflow.
constexpr milliseconds kLongestRetryDelay = std::chrono::hours(24);

constexpr std::array<std::string_view, 17> kGrpcNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

std::string retry_info(milliseconds delay) {
  std::string duration, info;
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(delay);
  auto nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(delay - seconds);
  protozero::pbf_writer duration_writer(duration);
  duration_writer.add_int64(1, seconds.count());
  duration_writer.add_int32(2, static_cast<int32_t>(nanos.count()));
  protozero::pbf_writer(info).add_message(1, duration);
  return info;
}

milliseconds read_duration(protozero::pbf_reader message) {
  int64_t seconds = 0;
  int32_t nanos = 0;
  while (message.next()) {
    if (message.tag_and_type() == protozero::tag_and_type(1, protozero::pbf_wire_type::varint)) {
      seconds = message.get_int64();
    } else if (message.tag_and_type() ==
               protozero::tag_and_type(2, protozero::pbf_wire_type::varint)) {
      nanos = message.get_int32();
    } else {
      message.skip();
    }
  }
  int64_t longest = std::chrono::duration_cast<std::chrono::seconds>(kLongestRetryDelay).count();
  seconds = std::clamp<int64_t>(seconds, 0, longest);
  return milliseconds(seconds * 1000 + std::max(nanos, 0) / 1'000'000);
}

/// The length-delimited fields `tag` of `message`, one after the other; others are skipped.
template <typename Visit>
void each_bytes(protozero::pbf_reader message, uint32_t tag, Visit visit) {
  while (message.next()) {
    if (message.tag_and_type() ==
        protozero::tag_and_type(tag, protozero::pbf_wire_type::length_delimited)) {
      visit(message.get_view());
    } else {
      message.skip();
    }
  }
}

protozero::data_view view_of(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

std::optional<milliseconds> read_retry_delay(std::string_view status) {
  std::optional<milliseconds> delay;
  try {
    each_bytes(protozero::pbf_reader(view_of(status)), 3, [&](protozero::data_view any) {
      std::string_view type;
      protozero::data_view value;
      each_bytes(protozero::pbf_reader(any), 1,
                 [&](protozero::data_view view) { type = {view.data(), view.size()}; });
      each_bytes(protozero::pbf_reader(any), 2, [&](protozero::data_view view) { value = view; });
      if (type != kRetryInfoType) return;
      delay = milliseconds(0);
      each_bytes(protozero::pbf_reader(value), 1, [&](protozero::data_view duration) {
        delay = read_duration(protozero::pbf_reader(duration));
      });
    });
  } catch (const protozero::exception&) {
    // What was read before the damage stands: a delay is a hint, not a promise.
  }
  return delay;
}

/// A protobuf string must be UTF-8, and messages quote what clients sent.
std::string to_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t length = utf8_length(text);
    if (length == 0) {
      out += '?';
      length = 1;
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

Code code_of_final(GrpcCode code) {
  switch (code) {
    case GrpcCode::kNotFound:
      return Code::kNotFound;
    case GrpcCode::kUnimplemented:
      return Code::kUnsupported;
    case GrpcCode::kResourceExhausted:
      return Code::kTooLarge;
    case GrpcCode::kUnauthenticated:
      return Code::kUnauthenticated;
    default:
      return Code::kRejected;
  }
}

}  // namespace

int http_status(Code code) {
  switch (code) {
    case Code::kMalformed:
    case Code::kInvalid:
    case Code::kRejected:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kTooLarge:
      return 413;
    case Code::kNotFound:
      return 404;
    case Code::kUnsupported:
      return 415;
    case Code::kUnavailable:
      return 503;
    case Code::kTimeout:
      return 504;
    case Code::kIo:
      return 500;
  }
  return 500;
}

GrpcCode grpc_code(Code code) {
  switch (code) {
    case Code::kMalformed:
    case Code::kInvalid:
      return GrpcCode::kInvalidArgument;
    case Code::kRejected:
      return GrpcCode::kFailedPrecondition;
    case Code::kUnauthenticated:
      return GrpcCode::kUnauthenticated;
    case Code::kTooLarge:
      return GrpcCode::kResourceExhausted;
    case Code::kNotFound:
      return GrpcCode::kNotFound;
    case Code::kUnsupported:
      return GrpcCode::kUnimplemented;
    case Code::kUnavailable:
      return GrpcCode::kUnavailable;
    case Code::kTimeout:
      return GrpcCode::kDeadlineExceeded;
    case Code::kIo:
      return GrpcCode::kInternal;
  }
  return GrpcCode::kInternal;
}

std::string grpc_code_name(GrpcCode code) {
  auto number = static_cast<size_t>(code);
  return number < kGrpcNames.size() ? std::string(kGrpcNames[number])
                                    : fmt::format("CODE_{}", static_cast<int>(code));
}

std::string rpc_status_proto(const Error& error) {
  std::string out;
  protozero::pbf_writer status(out);
  status.add_int32(1, static_cast<int32_t>(grpc_code(error.code)));
  status.add_string(2, to_utf8(error.message));
  if (error.retry_after) {
    std::string any;
    protozero::pbf_writer any_writer(any);
    any_writer.add_string(1, kRetryInfoType.data(), kRetryInfoType.size());
    any_writer.add_bytes(2, retry_info(*error.retry_after));
    status.add_message(3, any);
  }
  return out;
}

std::string rpc_status_json(const Error& error) {
  std::string out =
      fmt::format(R"({{"code":{},"message":)", static_cast<int>(grpc_code(error.code)));
  append_json_string(out, error.message);
  if (error.retry_after) {
    auto ms = error.retry_after->count();
    out += fmt::format(R"(,"details":[{{"@type":"{}","retryDelay":"{}.{:03}s"}}])", kRetryInfoType,
                       ms / 1000, ms % 1000);
  }
  out += '}';
  return out;
}

Error error_of_grpc(GrpcCode code, std::string_view message, std::string_view details) {
  Error error{Code::kRejected, fmt::format("{}: {}", grpc_code_name(code), message)};
  switch (code) {
    case GrpcCode::kDeadlineExceeded:
      error.code = Code::kTimeout;
      break;
    case GrpcCode::kCancelled:
    case GrpcCode::kAborted:
    case GrpcCode::kOutOfRange:
    case GrpcCode::kUnavailable:
    case GrpcCode::kDataLoss:
      error.code = Code::kUnavailable;
      error.retry_after = read_retry_delay(details);
      break;
    case GrpcCode::kResourceExhausted:
      error.retry_after = read_retry_delay(details);
      error.code = error.retry_after ? Code::kUnavailable : Code::kTooLarge;
      break;
    default:
      error.code = code_of_final(code);
  }
  return error;
}

namespace {

/// So much of a peer's own words is worth a line in the log.
constexpr size_t kQuotedBytes = 300;

/// The message of a serialized google.rpc.Status; empty if there is none.
std::string read_message(std::string_view status) {
  std::string message;
  try {
    each_bytes(protozero::pbf_reader(view_of(status)), 2,
               [&](protozero::data_view view) { message.assign(view.data(), view.size()); });
  } catch (const protozero::exception&) {
    // What was read before the damage stands: these are words for a person.
  }
  return message;
}

/// The peer's words on one line of bounded length.
std::string quoted(std::string_view text) {
  std::string line = to_utf8(text.substr(0, kQuotedBytes));
  std::ranges::replace_if(line, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  line.erase(0, line.find_first_not_of(' '));
  line.erase(line.find_last_not_of(' ') + 1);
  return text.size() > kQuotedBytes ? line + "…" : line;
}

Code code_of_http(int status) {
  switch (status) {
    case 429:
    case 502:
    case 503:
    case 504:
      return Code::kUnavailable;
    case 401:
      return Code::kUnauthenticated;
    case 404:
      return Code::kNotFound;
    case 413:
      return Code::kTooLarge;
    case 415:
      return Code::kUnsupported;
    default:
      return Code::kRejected;
  }
}

}  // namespace

Error error_of_http(int status, std::string_view content_type, std::string_view body,
                    std::optional<milliseconds> retry_after) {
  bool is_status = content_type.starts_with("application/x-protobuf");
  std::string words = quoted(is_status ? read_message(body) : body);
  Error error{code_of_http(status),
              fmt::format("HTTP {}{}{}", status, words.empty() ? "" : ": ", words)};
  if (error.code != Code::kUnavailable) return error;
  if (!retry_after && is_status) retry_after = read_retry_delay(body);
  if (retry_after) error.retry_after = std::min(*retry_after, kLongestRetryDelay);
  return error;
}

}  // namespace clew::net
