#include "api/tempo_query.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>

#include "api/params.h"
#include "base/limits.h"
#include "query/traceql/parse.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using query::traceql::Field;

constexpr uint64_t kNanosPerSecond = 1'000'000'000;
constexpr size_t kLongestIntrinsic = 64;

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

Result<void> read_tags(const HttpRequest& request, store::Filter& filter) {
  auto tags = parse_logfmt(text_param(request, "tags"));
  if (!tags) return fail(Code::kInvalid, "invalid tags: {}", tags.error().message);
  for (store::Tag& tag : *tags)
    if (auto added = add_tempo_tag(std::move(tag), filter); !added) return added;
  return {};
}

Result<void> read_times(const HttpRequest& request, UnixNanos& start_min, UnixNanos& start_max) {
  auto start = number_param(request, "start");
  if (!start) return std::unexpected(start.error());
  auto end = number_param(request, "end");
  if (!end) return std::unexpected(end.error());
  return set_tempo_times(*start, *end, start_min, start_max);
}

Result<void> read_sizes(const HttpRequest& request, TempoSearch& search) {
  auto limit = limit_param(request, search.limit);
  if (!limit) return std::unexpected(limit.error());
  search.limit = *limit;
  auto spans = number_param(request, "spss");
  if (!spans) return std::unexpected(spans.error());
  search.spans_per_spanset = spans->value_or(search.spans_per_spanset);
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

/// TraceQL's own word for one of its own fields.
std::optional<Field> parse_intrinsic(std::string_view text) {
  // More than a word would be read as more than a field.
  auto is_of_word = [](char c) {
    return c == ':' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  if (text.size() > kLongestIntrinsic || !std::ranges::all_of(text, is_of_word))
    return std::nullopt;
  auto query = query::traceql::parse(fmt::format("{{ }} | select({})", text));
  if (!query) return std::nullopt;
  const auto& stages = std::get<query::traceql::Pipeline>(query->what);
  const Field& field = std::get<query::traceql::Select>(stages.back().what).fields.front();
  if (field.intrinsic == query::traceql::Intrinsic::kNone) return std::nullopt;
  return field;
}

}  // namespace

Result<std::vector<store::Tag>> parse_logfmt(std::string_view text) {
  return LogfmtReader(text).read();
}

Result<void> add_tempo_tag(store::Tag tag, store::Filter& filter) {
  if (tag.key.starts_with("root."))
    return fail(Code::kInvalid, "invalid tags: {} is not searched for by tags", tag.key);
  if (tag.key == "name") {
    filter.operation = std::move(tag.value);
  } else if (tag.key == "status.code") {
    filter.tags.push_back({"otel.status_code", std::move(tag.value)});
  } else {
    filter.tags.push_back(std::move(tag));
  }
  return {};
}

Result<void> set_tempo_times(std::optional<uint64_t> start, std::optional<uint64_t> end,
                             UnixNanos& start_min, UnixNanos& start_max) {
  if (start.has_value() != end.has_value())
    return fail(Code::kInvalid, "please provide both start and end");
  if (!start) return {};
  for (auto [name, seconds] : {std::pair("start", *start), std::pair("end", *end)})
    if (seconds > UINT64_MAX / kNanosPerSecond - 1)
      return bad_param(name, "it is a time in seconds since 1970");
  if (*end <= *start) return fail(Code::kInvalid, "http parameter start must be before end");
  start_min = *start * kNanosPerSecond;
  start_max = *end * kNanosPerSecond + kNanosPerSecond - 1;
  return {};
}

Result<TempoSearch> parse_tempo_search(const HttpRequest& request) {
  TempoSearch search;
  search.query = text_param(request, "q");
  if (!search.query.empty() && !text_param(request, "tags").empty())
    return fail(Code::kInvalid, "'q' and 'tags' are two ways to ask: give one of them");
  store::Filter& filter = search.filter;
  auto read = in_order([&] { return read_tags(request, filter); },
                       [&] {
                         return read_range(request, "minDuration", "maxDuration",
                                           filter.min_trace_duration, filter.max_trace_duration);
                       },
                       [&] { return read_times(request, filter.start_min, filter.start_max); },
                       [&] { return read_sizes(request, search); });
  if (!read) return std::unexpected(read.error());
  return search;
}

Result<TempoNames> parse_tempo_names(const HttpRequest& request, size_t limit) {
  TempoNames names{.query = std::string(text_param(request, "q"))};
  if (auto read = read_times(request, names.start_min, names.start_max); !read)
    return std::unexpected(read.error());
  auto asked = limit_param(request, limit);
  if (!asked) return std::unexpected(asked.error());
  names.limit = *asked;
  return names;
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

Result<Field> parse_tempo_tag(std::string_view text) {
  using enum query::traceql::Scope;
  constexpr std::array<std::pair<std::string_view, query::traceql::Scope>, 6> kScopes = {
      {{".", kAny},
       {"span.", kSpan},
       {"resource.", kResource},
       {"event.", kEvent},
       {"link.", kLink},
       {"instrumentation.", kInstrumentation}}};
  for (const auto& [prefix, scope] : kScopes) {
    if (!text.starts_with(prefix) || text.size() == prefix.size()) continue;
    return Field{
        .scope = scope, .key = key_of(text.substr(prefix.size())), .spelling = std::string(text)};
  }
  if (auto intrinsic = parse_intrinsic(text)) return *intrinsic;
  return fail(Code::kInvalid,
              "please provide a valid tagName: tag name is not valid intrinsic or scoped "
              "attribute: {}",
              text);
}

}  // namespace clew::api
