#include "api/mcp_arguments.h"

#include <fmt/format.h>

#include "base/duration.h"
#include "base/time_text.h"

namespace clew::api {

using Json = nlohmann::json;

const Json* McpArguments::find(const char* name) {
  known_.insert(name);
  auto at = object_.find(name);
  return at == object_.end() || at->is_null() ? nullptr : &*at;
}

void McpArguments::wrong(const char* name, std::string_view what) {
  if (problem_.empty()) problem_ = fmt::format("{}: {}", name, what);
}

std::string McpArguments::text(const char* name) {
  const Json* value = find(name);
  if (value == nullptr) return {};
  if (!value->is_string()) return wrong(name, "must be a text"), "";
  return value->get<std::string>();
}

bool McpArguments::flag(const char* name) {
  const Json* value = find(name);
  if (value == nullptr) return false;
  if (!value->is_boolean()) return wrong(name, "must be true or false"), false;
  return value->get<bool>();
}

size_t McpArguments::whole(const char* name, size_t otherwise, size_t least, size_t most) {
  const Json* value = find(name);
  if (value == nullptr) return otherwise;
  bool fits = value->is_number_unsigned() && value->get<uint64_t>() >= least &&
              value->get<uint64_t>() <= most;
  if (!fits) wrong(name, fmt::format("must be a whole number from {} to {}", least, most));
  return fits ? value->get<size_t>() : otherwise;
}

std::optional<uint64_t> McpArguments::duration(const char* name) {
  std::string given = text(name);
  if (given.empty()) return std::nullopt;
  auto nanos = parse_duration(given);
  if (!nanos) wrong(name, nanos.error().message);
  return nanos ? std::optional(*nanos) : std::nullopt;
}

UnixNanos McpArguments::time(const char* name, UnixNanos otherwise, UnixNanos now) {
  std::string given = text(name);
  if (given.empty()) return otherwise;
  auto time = parse_time(given, now);
  if (!time) wrong(name, time.error().message);
  return time.value_or(otherwise);
}

std::vector<std::pair<std::string, std::string>> McpArguments::texts_by_name(const char* name) {
  std::vector<std::pair<std::string, std::string>> texts;
  const Json* value = find(name);
  if (value == nullptr) return texts;
  if (!value->is_object()) return wrong(name, "must be an object of keys and values"), texts;
  for (const auto& [key, item] : value->items()) {
    if (item.is_string())
      texts.emplace_back(key, item.get<std::string>());
    else if (item.is_number() || item.is_boolean())
      texts.emplace_back(key, item.dump());
    else
      wrong(name, fmt::format("the value of {} must be a text, number or bool", key));
  }
  return texts;
}

std::vector<std::string> McpArguments::texts(const char* name) {
  std::vector<std::string> texts;
  const Json* value = find(name);
  if (value == nullptr) return texts;
  if (!value->is_array()) return wrong(name, "must be a list of texts"), texts;
  for (const Json& item : *value) {
    if (!item.is_string()) return wrong(name, "must be a list of texts"), texts;
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

Result<void> McpArguments::done() const {
  if (!problem_.empty()) return fail(Code::kInvalid, "{}", problem_);
  for (const auto& [name, value] : object_.items()) {
    if (known_.contains(name)) continue;
    std::string known;
    for (const std::string& each : known_) known += (known.empty() ? "" : ", ") + each;
    return fail(Code::kInvalid, "{}: there is no such argument; there are: {}", name,
                known.empty() ? "none" : known);
  }
  return {};
}

}  // namespace clew::api
