#include "api/jaeger_proto_read.h"

#include <algorithm>
#include <array>
#include <protozero/exception.hpp>

#include "api/jaeger_filter_proto.h"
#include "api/jaeger_query.h"
#include "api/params.h"
#include "otlp/proto_field.h"
#include "otlp/reader.h"
#include "query/page_token.h"

namespace clew::api {
namespace {

using otlp::get_truth;
using otlp::text_field;
using otlp::varint_field;
using otlp::view_of;
using Reader = protozero::pbf_reader;

constexpr int64_t kNanosPerSecond = 1'000'000'000;

/// Damage, which protozero throws, becomes kMalformed.
template <typename F>
auto guarded(F&& read) -> decltype(read()) {
  try {
    return read();
  } catch (const protozero::exception& damage) {
    return fail(Code::kMalformed, "the request is no message of this kind: {}", damage.what());
  }
}

/// google.protobuf.Timestamp and Duration: seconds and nanoseconds. Zero, and times before 1970
/// (Go's zero time is in the year 1), mean that it is not set.
Result<std::optional<uint64_t>> read_nanos(std::string_view message, std::string_view name,
                                           bool is_time) {
  int64_t seconds = 0, nanos = 0;
  for (Reader in(message.data(), message.size()); in.next();) {
    switch (in.tag_and_type()) {
      case varint_field(1):
        seconds = in.get_int64();
        break;
      case varint_field(2):
        nanos = in.get_int32();
        break;
      default:
        in.skip();
    }
  }
  if (nanos < 0 || nanos >= kNanosPerSecond || seconds < 0) {
    if (is_time && seconds < 0) return std::nullopt;
    return malformed_param(name, is_time ? "it is no time" : "it is negative");
  }
  if (static_cast<uint64_t>(seconds) >= UINT64_MAX / kNanosPerSecond)
    return malformed_param(name, "it is too large");
  uint64_t value = static_cast<uint64_t>(seconds) * kNanosPerSecond + static_cast<uint64_t>(nanos);
  return value == 0 ? std::nullopt : std::optional(value);
}

/// The text of an AnyValue that a search can compare with. Checked before it is decoded, which
/// takes what it reads for whole.
Result<std::string> read_any_value(std::string_view key, std::string_view message) {
  constexpr std::array kScalars = {text_field(1), varint_field(2), varint_field(3),
                                   protozero::tag_and_type(4, protozero::pbf_wire_type::fixed64),
                                   text_field(7)};
  for (Reader in(message.data(), message.size()); in.next(); in.skip()) {
    if (std::ranges::find(kScalars, in.tag_and_type()) == kScalars.end())
      return malformed_param("attributes", fmt::format("\"{}\" is no plain value", key));
  }
  return otlp::Value::decode(message).text();
}

/// TraceQueryParameters.
class FindReader {
 public:
  explicit FindReader(JaegerDialect dialect) : dialect_(dialect) {}

  Result<JaegerV3Query> read(std::string_view message) {
    for (Reader in(message.data(), message.size()); in.next();)
      if (auto done = field(in); !done) return std::unexpected(done.error());
    if (auto done = finish(); !done) return std::unexpected(done.error());
    return std::move(query_);
  }

 private:
  Result<void> field(Reader& in) {
    store::Filter& filter = query_.filter;
    switch (in.tag_and_type()) {
      case text_field(1):
        filter.service = view_of(in);
        return {};
      case text_field(2):
        filter.operation = view_of(in);
        return {};
      case text_field(3):
        return attribute(view_of(in));
      case text_field(4):
        return set(start_, read_nanos(view_of(in), "start_time_min", /*is_time=*/true));
      case text_field(5):
        return set(end_, read_nanos(view_of(in), "start_time_max", /*is_time=*/true));
      case text_field(6):
        return set(filter.min_duration, read_nanos(view_of(in), "duration_min", false));
      case text_field(7):
        return set(filter.max_duration, read_nanos(view_of(in), "duration_max", false));
      case varint_field(8):
        depth_ = in.get_int32();
        return {};
      default:
        return late_field(in);
    }
  }

  /// Filter, pagination and raw_traces, which have other numbers in the storage API.
  Result<void> late_field(Reader& in) {
    uint32_t at = in.tag_and_type();
    bool storage = dialect_ == JaegerDialect::kStorage;
    if (!storage && at == varint_field(9)) {
      query_.raw = get_truth(in);
      return {};
    }
    bool filters = dialect_ != JaegerDialect::kApiV2;
    if (filters && at == text_field(storage ? 9 : 10)) return where(view_of(in));
    if (filters && at == text_field(storage ? 10 : 11)) return page(view_of(in));
    in.skip();
    return {};
  }

  static Result<void> set(std::optional<uint64_t>& to, Result<std::optional<uint64_t>> value) {
    if (!value) return std::unexpected(value.error());
    to = *value;
    return {};
  }

  /// An entry of a map of strings, or a KeyValue.
  Result<void> attribute(std::string_view message) {
    store::Tag tag;
    std::string_view value;
    for (Reader in(message.data(), message.size()); in.next();) {
      if (in.tag_and_type() == text_field(1))
        tag.key = view_of(in);
      else if (in.tag_and_type() != text_field(2))
        in.skip();
      else
        value = view_of(in);
    }
    tag.value = value;
    if (dialect_ == JaegerDialect::kStorage) {
      auto text = read_any_value(tag.key, value);
      if (!text) return std::unexpected(text.error());
      tag.value = *std::move(text);
    }
    query_.filter.tags.push_back(std::move(tag));
    return {};
  }

  Result<void> where(std::string_view message) {
    auto call = read_filter_call(message);
    if (!call) return std::unexpected(call.error());
    auto predicate = query::SpanPredicate::compile(*call);
    if (!predicate) return malformed_param("filter", predicate.error().message);
    query_.where = *std::move(predicate);
    return {};
  }

  Result<void> page(std::string_view message) {
    std::string token;
    uint32_t size = 0;
    for (Reader in(message.data(), message.size()); in.next();) {
      if (in.tag_and_type() == varint_field(1))
        size = in.get_uint32();
      else if (in.tag_and_type() == text_field(2))
        token = view_of(in);
      else
        in.skip();
    }
    if (size == 0) return malformed_param("pagination.page_size", "it must be at least 1");
    paged_ = true;
    query_.limit = size;
    if (token.empty()) return {};
    auto after = query::decode_page_token(token);
    if (!after) return malformed_param("pagination.page_token", after.error().message);
    query_.after = *after;
    return {};
  }

  Result<void> finish() {
    store::Filter& filter = query_.filter;
    if (depth_ < 0) return malformed_param("search_depth", "it is negative");
    if (depth_ > 0 && paged_)
      return fail(Code::kInvalid, "search_depth does not go with pagination: give one");
    if (depth_ > 0) query_.limit = static_cast<size_t>(depth_);
    bool exclusive = dialect_ == JaegerDialect::kApiV3;
    if (exclusive && (!start_ || !end_))
      return fail(Code::kInvalid, "start_time_min and start_time_max are required");
    if (start_ && end_ && (exclusive ? *end_ <= *start_ : *end_ < *start_))
      return malformed_param("start_time_max", "it must be after start_time_min");
    filter.start_min = start_.value_or(0);
    if (end_) filter.start_max = exclusive ? *end_ - 1 : *end_;
    if (filter.min_duration && filter.max_duration && *filter.max_duration < *filter.min_duration)
      return malformed_param("duration_max", "it is less than duration_min");
    bool other = !filter.service.empty() || !filter.operation.empty() || !filter.tags.empty() ||
                 filter.min_duration || filter.max_duration;
    if (query_.where && other)
      return fail(Code::kInvalid,
                  "filter does not go with service_name, operation_name, attributes, duration_min "
                  "and duration_max: say it all in the filter");
    return {};
  }

  JaegerDialect dialect_;
  JaegerV3Query query_;
  std::optional<uint64_t> start_, end_;
  int32_t depth_ = 0;
  bool paged_ = false;
};

}  // namespace

Result<JaegerV3Query> read_find_request(std::string_view request, JaegerDialect dialect) {
  return guarded([&]() -> Result<JaegerV3Query> {
    std::optional<std::string_view> parameters;
    for (Reader in(request.data(), request.size()); in.next();) {
      if (in.tag_and_type() == text_field(1))
        parameters = view_of(in);
      else
        in.skip();
    }
    if (!parameters) return malformed_param("query", "it is required");
    return FindReader(dialect).read(*parameters);
  });
}

Result<JaegerTraceRequest> read_trace_request(std::string_view request, JaegerDialect dialect) {
  return guarded([&]() -> Result<JaegerTraceRequest> {
    JaegerTraceRequest result;
    std::string id;
    for (Reader in(request.data(), request.size()); in.next();) {
      switch (in.tag_and_type()) {
        case text_field(1):
          id = view_of(in);
          break;
        case text_field(2):
        case text_field(3): {
          // Hints for stores that need them. They must be times all the same.
          bool start = in.tag() == 2;
          auto time = read_nanos(view_of(in), start ? "start_time" : "end_time", true);
          if (!time) return std::unexpected(time.error());
          break;
        }
        case varint_field(4):
          result.raw = get_truth(in);
          break;
        default:
          in.skip();
      }
    }
    if (dialect == JaegerDialect::kApiV3) {
      auto parsed = parse_trace_id(id);
      if (!parsed) return malformed_param("trace_id", parsed.error().message);
      result.id = *parsed;
      return result;
    }
    auto raw = TraceId::from_raw(id);
    if (!raw) return malformed_param("trace_id", "it has not 16 bytes");
    result.id = *raw;
    return result;
  });
}

Result<std::vector<TraceId>> read_traces_request(std::string_view request) {
  return guarded([&]() -> Result<std::vector<TraceId>> {
    std::vector<TraceId> ids;
    for (Reader in(request.data(), request.size()); in.next();) {
      if (in.tag_and_type() != text_field(1)) {
        in.skip();
        continue;
      }
      auto one = read_trace_request(view_of(in), JaegerDialect::kStorage);
      if (!one) return std::unexpected(one.error());
      ids.push_back(one->id);
    }
    return ids;
  });
}

Result<JaegerOperationsRequest> read_operations_request(std::string_view request) {
  return guarded([&]() -> Result<JaegerOperationsRequest> {
    JaegerOperationsRequest result;
    for (Reader in(request.data(), request.size()); in.next();) {
      if (in.tag_and_type() == text_field(1)) {
        result.service = view_of(in);
      } else if (in.tag_and_type() == text_field(2)) {
        std::string_view kind = view_of(in);
        if (kind.empty()) continue;
        auto parsed = parse_span_kind(kind);
        if (!parsed) return malformed_param("span_kind", parsed.error().message);
        result.kind = *parsed;
      } else {
        in.skip();
      }
    }
    if (result.service.empty()) return malformed_param("service", "it is required");
    return result;
  });
}

Result<JaegerTimeRange> read_dependencies_request(std::string_view request) {
  return guarded([&]() -> Result<JaegerTimeRange> {
    std::optional<uint64_t> start, end;
    for (Reader in(request.data(), request.size()); in.next();) {
      bool first = in.tag_and_type() == text_field(1);
      if (!first && in.tag_and_type() != text_field(2)) {
        in.skip();
        continue;
      }
      auto time = read_nanos(view_of(in), first ? "start_time" : "end_time", /*is_time=*/true);
      if (!time) return std::unexpected(time.error());
      (first ? start : end) = *time;
    }
    if (!end) return malformed_param("end_time", "it is required");
    if (start.value_or(0) >= *end)
      return malformed_param("end_time", "it must be after start_time");
    return JaegerTimeRange{start.value_or(0), *end};
  });
}

}  // namespace clew::api
