#include "main/yaml_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/duration.h"
#include "main/setting.h"

namespace clew {
namespace {

/// Edit distance, to guess what a mistyped key was meant to be.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

/// The whole of `text` as a number.
template <typename Number>
bool read_number(std::string_view text, Number& number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

void YamlProblems::add(const YAML::Mark& mark, std::string_view path, std::string_view what) {
  problems_.push_back(
      fmt::format("{}:{}: {}{}{}", file_, mark.line + 1, path, path.empty() ? "" : ": ", what));
}

Result<void> YamlProblems::result() const {
  if (problems_.empty()) return {};
  return fail(Code::kInvalid, "{}", fmt::join(problems_, "\n"));
}

std::string nearest_name(std::string_view path, std::span<const std::string> candidates) {
  const std::string* best = nullptr;
  size_t least = path.size() / 3 + 2;  // farther away it is not a typing mistake
  for (const std::string& candidate : candidates) {
    size_t d = distance(path, candidate);
    if (d < least) least = d, best = &candidate;
  }
  return best ? fmt::format(" (did you mean {}?)", *best) : "";
}

void YamlValue::fields(std::span<const YamlField> known) const {
  auto name_of = [&](std::string_view key) {
    return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
  };
  entries([&](const std::string& key, const YamlValue& value) {
    auto field = std::ranges::find(known, key, &YamlField::name);
    if (field != known.end()) return field->read(value);
    std::vector<std::string> names;
    for (const YamlField& each : known) names.push_back(name_of(each.name));
    value.problem("unknown setting" + nearest_name(value.path_, names));
  });
}

void YamlValue::entries(
    const std::function<void(const std::string& key, const YamlValue&)>& read) const {
  if (is_empty()) return;
  if (!is_map()) return problem("this is a section; write its settings indented below it");
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    if (!entry.first.IsScalar()) {
      problems_.add(entry.first.Mark(), path_, "a key must be a single value");
      continue;
    }
    const std::string& key = entry.first.Scalar();
    YamlValue value(entry.second, entry.first.Mark(),
                    path_.empty() ? key : fmt::format("{}.{}", path_, key), problems_);
    if (!seen.insert(key).second)
      value.problem("it stands here twice; remove one");
    else
      read(key, value);
  }
}

void YamlValue::items(const std::function<void(const YamlValue&)>& read) const {
  if (is_empty()) return;
  if (is_scalar()) return read(*this);
  if (!is_list()) return problem("a list is needed");
  size_t number = 0;
  for (const YAML::Node& item : node_)
    read(YamlValue(item, item.Mark(), fmt::format("{}[{}]", path_, number++), problems_));
}

void YamlValue::parsed(const std::function<Result<void>(std::string_view)>& parse) const {
  if (!is_scalar()) return problem("a single value is needed");
  if (auto done = parse(node_.Scalar()); !done) problem(done.error().message);
}

void YamlValue::into(std::string& place) const {
  parsed([&](std::string_view text) -> Result<void> {
    place = text;
    return {};
  });
}

void YamlValue::into(bool& place) const {
  parsed([&](std::string_view text) -> Result<void> {
    if (text != "true" && text != "false")
      return fail(Code::kInvalid, "\"{}\" is neither true nor false", text);
    place = text == "true";
    return {};
  });
}

void YamlValue::into(double& place) const {
  parsed([&](std::string_view text) -> Result<void> {
    double number = 0;
    if (!read_number(text, number) || !std::isfinite(number))
      return fail(Code::kInvalid, "\"{}\" is no number", text);
    place = number;
    return {};
  });
}

void YamlValue::into(std::chrono::milliseconds& place) const {
  parsed([&](std::string_view text) -> Result<void> {
    auto nanos = parse_duration(text);
    if (!nanos) return std::unexpected(nanos.error());
    place = std::chrono::milliseconds(*nanos / 1'000'000);
    return {};
  });
}

void YamlValue::into(std::vector<std::string>& place) const {
  std::vector<std::string> texts;
  items([&](const YamlValue& item) { item.into(texts.emplace_back()); });
  place = std::move(texts);
}

int64_t YamlValue::whole_number(int64_t least, int64_t most, int64_t otherwise) const {
  int64_t number = otherwise;
  parsed([&](std::string_view text) -> Result<void> {
    int64_t read = 0;
    if (!read_number(text, read) || read < least || read > most)
      return fail(Code::kInvalid, "\"{}\" is no whole number from {} to {}", text, least, most);
    number = read;
    return {};
  });
  return number;
}

void YamlValue::bytes_into(uint64_t& place) const {
  parsed([&](std::string_view text) -> Result<void> {
    auto bytes = parse_bytes(text);
    if (!bytes) return std::unexpected(bytes.error());
    place = *bytes;
    return {};
  });
}

void YamlValue::choice_into(std::string& place,
                            std::initializer_list<std::string_view> choices) const {
  parsed([&](std::string_view text) -> Result<void> {
    if (std::ranges::find(choices, text) == choices.end())
      return fail(Code::kInvalid, "\"{}\" is not one of {}", text, fmt::join(choices, "|"));
    place = text;
    return {};
  });
}

}  // namespace clew
