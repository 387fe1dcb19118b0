#include "mesh/resource/json_access.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/duration.h"

namespace clew::mesh {
namespace {

constexpr uint64_t kNanos = 1'000'000'000;
const Json kNull;
const Json kNone = Json::array();

double real_of(const Json& value, double otherwise) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return otherwise;
  const auto& text = value.get_ref<const std::string&>();
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool whole = error == std::errc() && end == text.data() + text.size() && std::isfinite(number);
  return whole ? number : otherwise;
}

}  // namespace

const Json& at(const Json& object, std::string_view path) {
  const Json* here = &object;
  while (!path.empty()) {
    size_t dot = path.find('.');
    if (!here->is_object()) return kNull;
    auto found = here->find(path.substr(0, dot));
    if (found == here->end()) return kNull;
    here = &*found;
    path = dot == path.npos ? std::string_view() : path.substr(dot + 1);
  }
  return *here;
}

std::string text_at(const Json& object, std::string_view path, std::string_view otherwise) {
  const Json& value = at(object, path);
  return value.is_string() ? value.get<std::string>() : std::string(otherwise);
}

int64_t number_at(const Json& object, std::string_view path, int64_t otherwise) {
  const Json& value = at(object, path);
  if (value.is_number_integer()) return value.get<int64_t>();
  double real = real_of(value, static_cast<double>(otherwise));
  return std::abs(real) < 9e15 ? static_cast<int64_t>(real) : otherwise;
}

uint16_t port_at(const Json& object, std::string_view path, uint16_t otherwise) {
  int64_t port = number_at(object, path, otherwise);
  return port > 0 && port <= 65535 ? static_cast<uint16_t>(port) : otherwise;
}

double real_at(const Json& object, std::string_view path, double otherwise) {
  return real_of(at(object, path), otherwise);
}

const Json& list_at(const Json& object, std::string_view path) {
  const Json& value = at(object, path);
  return value.is_array() ? value : kNone;
}

std::map<std::string, std::string> texts_at(const Json& object, std::string_view path) {
  std::map<std::string, std::string> texts;
  const Json& value = at(object, path);
  if (!value.is_object()) return texts;
  for (const auto& [name, member] : value.items())
    if (member.is_string()) texts.emplace(name, member.get<std::string>());
  return texts;
}

std::string duration_at(const Json& object, std::string_view path) {
  auto duration = parse_duration(text_at(object, path));
  if (!duration) return "";
  uint64_t seconds = *duration / kNanos, rest = *duration % kNanos;
  return rest == 0 ? fmt::format("{}s", seconds) : fmt::format("{}.{:09}s", seconds, rest);
}

}  // namespace clew::mesh
