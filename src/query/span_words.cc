#include "query/span_words.h"

#include <absl/strings/ascii.h>
#include <re2/re2.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "base/limits.h"
#include "otlp/span.h"

namespace clew::query {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";
/// Of a trace whose every span has a resource of its own, no more are remembered.
constexpr size_t kResourcesKept = 1000;

std::string lower(std::string_view text) {
  std::string out(text);
  absl::AsciiStrToLower(&out);
  return out;
}

std::unique_ptr<re2::RE2> pattern_of(const std::string& word) {
  re2::RE2::Options options;
  options.set_literal(true);
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  options.set_max_mem(limits::kRegexMemoryBytes);
  return std::make_unique<re2::RE2>(word, options);
}

}  // namespace

SpanWords::SpanWords() = default;
SpanWords::SpanWords(SpanWords&& other) noexcept = default;
SpanWords::~SpanWords() = default;

Result<SpanWords> SpanWords::parse(std::string_view text) {
  SpanWords words;
  for (size_t at = text.find_first_not_of(kSpace); at != text.npos;) {
    size_t end = std::min(text.find_first_of(kSpace, at), text.size());
    Word word{.lower = lower(text.substr(at, end - at)), .pattern = nullptr};
    if (!std::ranges::all_of(word.lower, absl::ascii_isascii)) {
      word.pattern = pattern_of(word.lower);
      if (!word.pattern->ok())
        return fail(Code::kInvalid, "cannot look for '{}': {}", word.lower, word.pattern->error());
    }
    words.words_.push_back(std::move(word));
    at = text.find_first_not_of(kSpace, end);
  }
  if (words.words_.empty()) return fail(Code::kInvalid, "there is no word to look for");
  if (words.words_.size() > limits::kTagsPerQuery)
    return fail(Code::kInvalid, "there are {} words, and {} may be looked for at once",
                words.words_.size(), limits::kTagsPerQuery);
  return words;
}

bool SpanWords::match(const otlp::Batch& batch, const otlp::SpanRef& ref) {
  found_ = 0;
  look_at_resource(batch.resource_of(ref));
  look_at_parts(batch.decode(ref));
  return std::popcount(found_) == static_cast<int>(words_.size());
}

void SpanWords::look_at(std::string_view text) {
  bool is_folded = false;
  for (size_t i = 0; i < words_.size(); ++i) {
    if ((found_ >> i & 1) != 0) continue;
    const Word& word = words_[i];
    bool stands = false;
    if (word.pattern) {
      stands = re2::RE2::PartialMatch(text, *word.pattern);
    } else if (text.size() >= word.lower.size()) {
      if (!std::exchange(is_folded, true)) {
        folded_ = text;
        absl::AsciiStrToLower(&folded_);
      }
      stands = folded_.find(word.lower) != folded_.npos;
    }
    if (stands) found_ |= Found{1} << i;
  }
}

void SpanWords::look_at(std::string_view key, std::string_view value) {
  line_.assign(key).append("=").append(value);
  look_at(line_);
}

void SpanWords::look_at(otlp::AttributeRange attributes) {
  for (otlp::Attribute attribute : attributes) {
    if (attribute.value.type() == otlp::ValueType::kString)
      look_at(attribute.key, attribute.value.as_bytes());
    else
      look_at(attribute.key, attribute.value.text());
  }
}

void SpanWords::look_at_parts(const otlp::Span& span) {
  look_at(span.name);
  look_at("kind", name_of(span.kind));
  look_at("status", name_of(span.status));
  if (span.is_error()) look_at("status", name_of(otlp::StatusCode::kError));
  look_at(span.status_message);
  look_at(span.span_id.hex());
  look_at(span.attributes());
  for (otlp::Event event : span.events()) {
    look_at(event.name);
    look_at(event.attributes());
  }
  for (otlp::Link link : span.links()) {
    look_at(link.trace_id.hex());
    look_at(link.span_id.hex());
    look_at(link.attributes());
  }
}

void SpanWords::look_at_resource(const otlp::ResourceRef& resource) {
  auto known = resources_.find(std::string(resource.bytes));
  if (known == resources_.end()) {
    look_at("service", resource.service_name);
    look_at(resource.attributes());
    if (resources_.size() >= kResourcesKept) resources_.clear();
    known = resources_.emplace(resource.bytes, found_).first;
  }
  found_ = known->second;
}

}  // namespace clew::query
