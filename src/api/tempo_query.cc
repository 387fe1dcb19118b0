#include "api/tempo_query.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>

#include "api/params.h"
#include "base/limits.h"

namespace clew::api {
namespace {

using net::HttpRequest;

constexpr uint64_t kNanosPerSecond = 1'000'000'000;

/// Reads logfmt from left to right.
class LogfmtReader {
 public:
  explicit LogfmtReader(std::string_view text) : text_(text) {}

  Result<std::vector<store::Tag>> read() {
    std::vector<store::Tag> tags;
    while (skip_spaces()) {
      auto tag = pair();
      if (!tag) return std::unexpected(tag.error());
      if (std::ranges::find(tags, tag->key, &store::Tag::key) != tags.end())
        return wrong(fmt::format("{} is set twice", tag->key));
      if (tags.size() == limits::kTagsPerQuery)
        return wrong(fmt::format("more than {} tags", limits::kTagsPerQuery));
      tags.push_back(*std::move(tag));
    }
    return tags;
  }

 private:
  static bool is_space(char c) { return static_cast<unsigned char>(c) <= ' '; }

  bool skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    return at_ < text_.size();
  }

  Result<store::Tag> pair() {
    size_t begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '=' && text_[at_] != '"')
      ++at_;
    std::string key(text_.substr(begin, at_ - begin));
    if (key.empty()) return wrong("a key is expected");
    // As logfmt has it, a key alone is one with an empty value.
    if (at_ == text_.size() || text_[at_] != '=') return store::Tag{key, ""};
    ++at_;
    if (at_ < text_.size() && text_[at_] == '"') return quoted(std::move(key));
    begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_])) {
      if (text_[at_] == '=' || text_[at_] == '"') return wrong("it must stand in quotes");
      ++at_;
    }
    return store::Tag{std::move(key), std::string(text_.substr(begin, at_ - begin))};
  }

  Result<store::Tag> quoted(std::string key) {
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == '"') {
        ++at_;
        return store::Tag{std::move(key), std::move(value)};
      }
      if (c == '\\' && at_ + 1 < text_.size()) c = unescaped(text_[++at_]);
      value += c;
    }
    return wrong("a quote is not closed");
  }

  static char unescaped(char c) { return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c; }

  std::unexpected<Error> wrong(std::string_view why) const {
    return fail(Code::kInvalid, "at pos {}: {}", at_ + 1, why);
  }

  std::string_view text_;
  size_t at_ = 0;
};

Result<void> add_tags(const HttpRequest& request, store::Filter& filter) {
  auto tags = parse_logfmt(text_param(request, "tags"));
  if (!tags) return fail(Code::kInvalid, "invalid tags: {}", tags.error().message);
  for (store::Tag& tag : *tags) {
    if (tag.key.starts_with("root."))
      return fail(Code::kInvalid, "invalid tags: {} is not searched for by tags", tag.key);
    if (tag.key == "name") {
      filter.operation = std::move(tag.value);
    } else if (tag.key == "status.code") {
      filter.tags.push_back({"otel.status_code", std::move(tag.value)});
    } else {
      filter.tags.push_back(std::move(tag));
    }
  }
  return {};
}

Result<std::optional<UnixNanos>> seconds_param(const HttpRequest& request, std::string_view name) {
  auto seconds = number_param(request, name);
  if (!seconds || !*seconds) return seconds;
  if (**seconds > UINT64_MAX / kNanosPerSecond - 1)
    return bad_param(name, "it is a time in seconds since 1970");
  return **seconds * kNanosPerSecond;
}

Result<void> set_times(const HttpRequest& request, store::Filter& filter) {
  auto start = seconds_param(request, "start");
  if (!start) return std::unexpected(start.error());
  auto end = seconds_param(request, "end");
  if (!end) return std::unexpected(end.error());
  if (start->has_value() != end->has_value())
    return fail(Code::kInvalid, "please provide both start and end");
  if (!*start) return {};
  if (**end <= **start) return fail(Code::kInvalid, "http parameter start must be before end");
  filter.start_min = **start;
  filter.start_max = **end + kNanosPerSecond - 1;
  return {};
}

/// Its key, which may stand in quotes.
std::string key_of(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) return std::string(text);
  std::string key;
  text = text.substr(1, text.size() - 2);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    key += text[i];
  }
  return key;
}

}  // namespace

Result<std::vector<store::Tag>> parse_logfmt(std::string_view text) {
  return LogfmtReader(text).read();
}

Result<TempoSearch> parse_tempo_search(const HttpRequest& request) {
  TempoSearch search;
  auto read = in_order([&] { return add_tags(request, search.filter); },
                       [&] {
                         return read_range(request, "minDuration", "maxDuration",
                                           search.filter.min_trace_duration,
                                           search.filter.max_trace_duration);
                       },
                       [&] { return set_times(request, search.filter); },
                       [&]() -> Result<void> {
                         auto limit = limit_param(request, search.limit);
                         if (!limit) return std::unexpected(limit.error());
                         search.limit = *limit;
                         return {};
                       });
  if (!read) return std::unexpected(read.error());
  return search;
}

const std::vector<std::string_view>& tempo_intrinsics() {
  static const std::vector<std::string_view> kAll = {"duration",
                                                     "event:name",
                                                     "event:timeSinceStart",
                                                     "instrumentation:name",
                                                     "instrumentation:version",
                                                     "kind",
                                                     "name",
                                                     "rootName",
                                                     "rootServiceName",
                                                     "span:duration",
                                                     "span:kind",
                                                     "span:name",
                                                     "span:status",
                                                     "span:statusMessage",
                                                     "status",
                                                     "statusMessage",
                                                     "trace:duration",
                                                     "trace:rootName",
                                                     "trace:rootService",
                                                     "traceDuration"};
  return kAll;
}

Result<TempoTag> parse_tempo_tag(std::string_view text) {
  if (std::ranges::find(tempo_intrinsics(), text) != tempo_intrinsics().end()) {
    TempoTag tag{.intrinsic = text};
    for (std::string_view prefix : {"span:", "trace:"})
      if (text.starts_with(prefix)) tag.intrinsic = text.substr(prefix.size());
    return tag;
  }
  using enum store::AttributeScope;
  constexpr std::array<std::pair<std::string_view, std::optional<store::AttributeScope>>, 5>
      kScopes = {{{".", std::nullopt},
                  {"span.", kSpan},
                  {"resource.", kResource},
                  {"event.", kEvent},
                  {"instrumentation.", kScope}}};
  for (const auto& [prefix, scope] : kScopes) {
    if (!text.starts_with(prefix) || text.size() == prefix.size()) continue;
    return TempoTag{.scope = scope, .key = key_of(text.substr(prefix.size()))};
  }
  return fail(Code::kInvalid,
              "please provide a valid tagName: tag name is not valid intrinsic or scoped "
              "attribute: {}",
              text);
}

}  // namespace clew::api
