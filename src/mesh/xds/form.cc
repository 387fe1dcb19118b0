#include "mesh/xds/form.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace clew::mesh::xds {
namespace {

constexpr size_t kMostTexts = 26;

char letter(size_t text, bool first) {
  return static_cast<char>((first ? 'A' : 'a') + static_cast<char>(text));
}

}  // namespace

std::vector<std::string> Form::sample(std::span<const std::string> texts, bool first) {
  CLEW_CHECK(texts.size() <= kMostTexts);
  std::vector<std::string> samples;
  for (size_t i = 0; i < texts.size(); ++i) samples.emplace_back(texts[i].size(), letter(i, first));
  return samples;
}

Result<Form> Form::of(std::string_view type_url, std::span<const std::string> texts,
                      std::string first, std::string_view second, std::vector<std::string> origin) {
  std::vector<size_t> from(1, 0);
  for (const std::string& text : texts) from.push_back(from.back() + text.size());
  auto wrong = [&](size_t at) {
    return fail(Code::kInvalid, "{} depends at byte {} on what a text says", type_url, at);
  };
  if (first.size() != second.size()) return wrong(std::min(first.size(), second.size()));
  Form form;
  for (size_t at = 0; at < first.size();) {
    if (first[at] == second[at]) {
      ++at;
      continue;
    }
    size_t text = static_cast<unsigned char>(first[at]) - size_t{'A'};
    if (text >= texts.size()) return wrong(at);
    size_t size = texts[text].size();
    std::string_view one(first), other(second);
    if (one.substr(at, size) != std::string(size, letter(text, true)) ||
        other.substr(at, size) != std::string(size, letter(text, false)))
      return wrong(at);
    form.blanks_.push_back({at, from[text], size});
    at += size;
  }
  form.type_url_ = type_url;
  form.bytes_ = std::move(first);
  form.origin_ = std::move(origin);
  return form;
}

std::string Form::filled(std::string_view texts) const {
  std::string message = bytes_;
  for (const Blank& blank : blanks_)
    std::ranges::copy(texts.substr(blank.from, blank.size),
                      message.begin() + static_cast<std::ptrdiff_t>(blank.at));
  return message;
}

}  // namespace clew::mesh::xds
