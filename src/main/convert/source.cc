#include "main/convert/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace clew::convert {
namespace {

/// Whether the text, written without quotes, is read as the same text.
bool is_plain(std::string_view text) {
  constexpr std::string_view kFirst = "-?:,[]{}#&*!|>'\"%@` ";
  if (text.empty() || kFirst.find(text[0]) != kFirst.npos || text.back() == ' ') return false;
  if (text.back() == ':' || text.find(": ") != text.npos || text.find(" #") != text.npos)
    return false;
  return std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c != 0x7F; }) &&
         text != "~" && text != "null";
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + '"';
}

std::string scalar_text(const YAML::Node& node) {
  if (node.IsNull()) return "null";
  bool was_quoted = node.Tag() == "!";
  return was_quoted || !is_plain(node.Scalar()) ? quoted(node.Scalar()) : node.Scalar();
}

bool is_nested(const YAML::Node& node) {
  return (node.IsMap() || node.IsSequence()) && node.size() > 0;
}

std::string empty_text(const YAML::Node& node) {
  return node.IsMap() ? "{}" : node.IsSequence() ? "[]" : scalar_text(node);
}

/// `first`: what stands before the first line, instead of its indent.
void append(std::string& out, const YAML::Node& node, size_t indent, std::string first) {
  auto lead = [&] { return std::exchange(first, std::string(indent, ' ')); };
  if (node.IsSequence()) {
    for (const YAML::Node& item : node) {
      if (is_nested(item))
        append(out, item, indent + 2, lead() + "- ");
      else
        out += lead() + "- " + empty_text(item) + '\n';
    }
    return;
  }
  for (const auto& entry : node) {
    out += lead() + scalar_text(entry.first) + ':';
    if (is_nested(entry.second)) {
      out += '\n';
      append(out, entry.second, indent + 2, std::string(indent + 2, ' '));
    } else {
      out += ' ' + empty_text(entry.second) + '\n';
    }
  }
}

}  // namespace

void Report::add(int line, const std::string& path, std::string_view why) {
  messages_.emplace(line, fmt::format("{}:{}: {}: {}", file_, line, path, why));
}

std::vector<std::string> Report::messages() const {
  std::vector<std::string> texts;
  for (const auto& [line, text] : messages_)
    if (texts.empty() || texts.back() != text) texts.push_back(text);
  return texts;
}

std::string Source::text() const {
  if (!node_.IsScalar()) return {};
  if (node_.Scalar().find("${") != std::string::npos)
    left_out("Clew expands no variables: write the value, or use a file or a flag");
  return node_.Scalar();
}

std::optional<Source> Source::take(std::string_view key) {
  if (!node_.IsMap()) return std::nullopt;
  for (const auto& entry : node_) {
    if (entry.first.Scalar() != key) continue;
    taken_.emplace_back(key);
    return Source(entry.second, entry.first.Mark().line + 1,
                  path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key), *report_);
  }
  return std::nullopt;
}

void Source::ignore(std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) taken_.emplace_back(key);
}

std::vector<std::pair<std::string, Source>> Source::entries() {
  std::vector<std::pair<std::string, Source>> all;
  if (!node_.IsMap()) return all;
  for (const auto& entry : node_) {
    const std::string& key = entry.first.Scalar();
    if (auto value = take(key)) all.emplace_back(key, *value);
  }
  return all;
}

Source Source::only(const std::vector<std::string>& keys) const {
  Source some = *this;
  YAML::Node kept(YAML::NodeType::Map);
  if (node_.IsMap())
    for (const auto& entry : node_)
      if (std::ranges::find(keys, entry.first.Scalar()) != keys.end())
        kept.force_insert(entry.first, entry.second);
  some.node_.reset(kept);
  return some;
}

std::vector<Source> Source::items() const {
  std::vector<Source> all;
  if (node_.IsScalar()) return {*this};
  if (!node_.IsSequence()) return all;
  for (const YAML::Node& item : node_)
    all.emplace_back(item, item.Mark().line + 1, fmt::format("{}[{}]", path_, all.size()),
                     *report_);
  return all;
}

void Source::left_over() {
  if (!node_.IsMap()) return;
  for (const auto& entry : node_) {
    const std::string& key = entry.first.Scalar();
    if (std::ranges::find(taken_, key) == taken_.end()) take(key)->left_out();
  }
}

void copy_keys(Source& from, std::initializer_list<std::string_view> keys, YAML::Node to) {
  for (std::string_view key : keys)
    if (auto value = from.take(key)) {
      static_cast<void>(value->text());  // tells of variables
      to[std::string(key)] = value->copy();
    }
}

std::string yaml_text(const YAML::Node& node) {
  std::string out;
  append(out, node, 0, "");
  return out;
}

}  // namespace clew::convert
