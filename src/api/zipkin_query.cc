#include "api/zipkin_query.h"

#include <algorithm>
#include <charconv>

#include "api/params.h"
#include "api/zipkin_fields.h"
#include "base/limits.h"
#include "base/metrics.h"

namespace clew::api {
namespace {

constexpr uint64_t kNanosPerMilli = 1'000'000;
constexpr uint64_t kLastMs = UINT64_MAX / kNanosPerMilli - 1;
constexpr uint64_t kDayMs = 86'400'000;  // Zipkin's QUERY_LOOKBACK

/// The parameter as a number above 0, a Java `long` or what else Zipkin takes it for; nullopt if it
/// is absent or empty.
template <typename Number = int64_t>
Result<std::optional<uint64_t>> positive_param(const net::HttpRequest& request,
                                               std::string_view name) {
  std::string_view text = text_param(request, name);
  if (text.empty()) return std::nullopt;
  Number number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return bad_param(name, fmt::format("\"{}\" is not a whole number", text));
  if (number <= 0) return fail(Code::kInvalid, "{} must be more than 0", name);
  return static_cast<uint64_t>(number);
}

Result<ZipkinRange> read_range(const net::HttpRequest& request, uint64_t otherwise_ms) {
  auto end = positive_param(request, "endTs");
  if (!end) return std::unexpected(end.error());
  auto lookback = positive_param(request, "lookback");
  if (!lookback) return std::unexpected(lookback.error());
  uint64_t end_ms = std::min(end->value_or(otherwise_ms), kLastMs);
  uint64_t back_ms = std::min(lookback->value_or(kDayMs), end_ms);
  return ZipkinRange{(end_ms - back_ms) * kNanosPerMilli, end_of_micro(end_ms * kNanosPerMilli)};
}

Result<void> read_durations(const net::HttpRequest& request, ZipkinQuery& query) {
  auto least = positive_param(request, "minDuration");
  if (!least) return std::unexpected(least.error());
  auto most = positive_param(request, "maxDuration");
  if (!most) return std::unexpected(most.error());
  if (*most && !*least) return fail(Code::kInvalid, "maxDuration needs a minDuration");
  if (*most && **most < **least)
    return fail(Code::kInvalid, "maxDuration is less than minDuration");
  query.min_duration = *least;
  query.max_duration = *most;
  return {};
}

void add_term(std::string_view key, std::string_view value, AnnotationQuery& query) {
  if (key.empty()) return;
  auto tag = std::ranges::find(query.tags, key, &store::Tag::key);
  if (value.empty()) {
    bool known =
        tag != query.tags.end() || std::ranges::find(query.words, key) != query.words.end();
    if (!known) query.words.emplace_back(key);
  } else if (tag != query.tags.end()) {
    tag->value = value;
  } else {
    std::erase(query.words, key);
    query.tags.push_back({std::string(key), std::string(value)});
  }
}

}  // namespace

Result<AnnotationQuery> parse_annotation_query(std::string_view text) {
  constexpr std::string_view kAnd = " and ";
  AnnotationQuery query;
  for (bool more = true; more;) {
    size_t end = text.find(kAnd);
    std::string_view term = text.substr(0, end);
    more = end != text.npos;
    if (more) text.remove_prefix(end + kAnd.size());
    size_t equals = term.find('=');
    bool has_value = equals != term.npos;
    add_term(term.substr(0, equals), has_value ? term.substr(equals + 1) : "", query);
    if (query.tags.size() + query.words.size() > limits::kTagsPerQuery) {
      metrics::count_limit_hit("tags_per_query");
      return bad_param("annotationQuery", fmt::format("more than {} terms", limits::kTagsPerQuery));
    }
  }
  return query;
}

Result<ZipkinQuery> parse_zipkin_query(const net::HttpRequest& request, UnixNanos now) {
  ZipkinQuery query;
  query.service = zipkin_name(text_param(request, "serviceName"));
  query.remote_service = zipkin_name(text_param(request, "remoteServiceName"));
  query.span_name = zipkin_name(text_param(request, "spanName"));
  if (query.span_name == "all") query.span_name.clear();  // what old user interfaces send
  auto read = in_order(
      [&]() -> Result<void> {
        auto terms = parse_annotation_query(text_param(request, "annotationQuery"));
        if (!terms) return std::unexpected(terms.error());
        query.annotations = *std::move(terms);
        return {};
      },
      [&] { return read_durations(request, query); },
      [&]() -> Result<void> {
        auto range = read_range(request, now / kNanosPerMilli);
        if (!range) return std::unexpected(range.error());
        query.range = *range;
        return {};
      },
      [&]() -> Result<void> {
        if (request.query_param("limit") == "") return bad_param("limit", "it is empty");
        auto limit = positive_param<int32_t>(request, "limit");
        if (!limit) return std::unexpected(limit.error());
        query.limit = std::min<uint64_t>(limit->value_or(query.limit), limits::kSearchResults);
        return {};
      });
  if (!read) return std::unexpected(read.error());
  return query;
}

Result<ZipkinRange> parse_zipkin_range(const net::HttpRequest& request) {
  if (text_param(request, "endTs").empty()) {
    auto missing = required_zipkin_param(request, "endTs");
    return missing ? bad_param("endTs", "it is empty") : std::unexpected(missing.error());
  }
  return read_range(request, 0);
}

Result<TraceId> parse_zipkin_trace_id(std::string_view text) {
  if (text.empty()) return fail(Code::kInvalid, "traceId is empty");
  if (text.size() > 32) return fail(Code::kInvalid, "traceId is longer than 32 digits");
  bool lower_hex = text.find_first_not_of("0123456789abcdef") == text.npos;
  auto id = lower_hex ? TraceId::from_hex(text) : std::nullopt;
  if (!id) return fail(Code::kInvalid, "{} is no trace ID: 1 to 32 lower-case hex digits", text);
  if (id->is_zero()) return fail(Code::kInvalid, "traceId is all zeros");
  return *id;
}

Result<std::vector<TraceId>> parse_zipkin_trace_ids(const net::HttpRequest& request) {
  auto text = required_zipkin_param(request, "traceIds");
  if (!text) return std::unexpected(text.error());
  if (text->empty()) return fail(Code::kInvalid, "traceIds parameter is empty");
  if (text->find(',') == text->npos)
    return fail(Code::kInvalid, "traceIds is of two or more; /api/v2/trace/{{traceId}} gives one");
  std::vector<TraceId> ids;
  for (bool more = true; more;) {
    size_t end = text->find(',');
    std::string_view item = text->substr(0, end);
    more = end != text->npos;
    if (more) text->remove_prefix(end + 1);
    auto id = parse_zipkin_trace_id(item);
    if (!id) return std::unexpected(id.error());
    if (ids.size() == limits::kSearchResults) {
      metrics::count_limit_hit("search_results");
      return bad_param("traceIds", fmt::format("more than {}", limits::kSearchResults));
    }
    if (std::ranges::find(ids, *id) != ids.end())
      return fail(Code::kInvalid, "traceIds names one twice: {}", item);
    ids.push_back(*id);
  }
  return ids;
}

Result<std::string_view> required_zipkin_param(const net::HttpRequest& request,
                                               std::string_view name) {
  auto text = request.query_param(name);
  if (!text) return fail(Code::kInvalid, "missing parameter: {}", name);
  return *text;
}

}  // namespace clew::api
