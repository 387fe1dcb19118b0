// Errors as values: what a path that foreign input can reach returns instead of throwing.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace clew {

/// The classes of failure a caller may act on differently. Each maps to one gRPC and one HTTP
/// status in net/status.h; the message is for a person.
enum class Code {
  kMalformed,        // the bytes are not what they claim to be; sending them again is useless
  kTooLarge,         // past a limit of base/limits.h; sending them again is useless
  kInvalid,          // well-formed but wrong: a bad parameter, a setting, an option
  kNotFound,         // what was asked for does not exist
  kUnsupported,      // a content type, encoding, version or method we do not speak
  kUnavailable,      // overload, shutdown or a peer that is away; try again later
  kTimeout,          // a deadline passed before the answer was there
  kRejected,         // a peer refused for good; sending it again is useless
  kIo,               // the disk or the operating system said no
  kUnauthenticated,  // who asks did not say, or could not prove, who it is
};

/// "malformed", "too_large", …: for labels of metrics.
std::string_view name_of(Code code);

struct Error {
  Code code;
  std::string message;
  /// With kUnavailable: how long the other side asked us to wait, if it did.
  std::optional<std::chrono::milliseconds> retry_after = {};
};

/// Whether doing the same again later may succeed: only overload and passed deadlines go away.
inline bool is_retryable(const Error& error) {
  return error.code == Code::kUnavailable || error.code == Code::kTimeout;
}

template <typename T>
using Result = std::expected<T, Error>;

/// Builds the error half of a Result: `return fail(Code::kInvalid, "port {} is taken", port);`
template <typename... Args>
std::unexpected<Error> fail(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

/// Calls the steps one after the other while they succeed; the error of the first that does not.
template <typename... Steps>
Result<void> in_order(Steps&&... steps) {
  Result<void> result;
  static_cast<void>(((result = steps(), result.has_value()) && ...));
  return result;
}

}  // namespace clew
