// The arguments of a tool, read and checked one by one.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace clew::api {

/// Reads named arguments of a JSON object. Wrong types become errors that name the argument and say
/// what it is, for the assistant to correct. After all have been read, done() has the first error,
/// also of arguments that nobody asked for.
class McpArguments {
 public:
  explicit McpArguments(const nlohmann::json& object) : object_(object) {}

  std::string text(const char* name);
  bool flag(const char* name);
  size_t whole(const char* name, size_t otherwise, size_t least, size_t most);
  /// A duration as parse_duration() reads it, in nanoseconds.
  std::optional<uint64_t> duration(const char* name);
  /// RFC 3339, or a duration: so long before `now`.
  UnixNanos time(const char* name, UnixNanos otherwise, UnixNanos now);
  /// An object of texts, numbers and bools, as texts.
  std::vector<std::pair<std::string, std::string>> texts_by_name(const char* name);
  std::vector<std::string> texts(const char* name);

  Result<void> done() const;

 private:
  const nlohmann::json* find(const char* name);
  void wrong(const char* name, std::string_view what);

  const nlohmann::json& object_;
  std::set<std::string, std::less<>> known_;
  std::string problem_;
};

}  // namespace clew::api
