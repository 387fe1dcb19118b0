#include "api/jaeger_proto_read.h"

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <vector>

#include "api/jaeger_query.h"
#include "api/params.h"
#include "base/limits.h"
#include "query/page_token.h"

namespace clew::api {
namespace {

using Reader = protozero::pbf_reader;
using query::Expression;

constexpr int64_t kNanosPerSecond = 1'000'000'000;

constexpr uint32_t text_field(protozero::pbf_tag_type tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::length_delimited);
}
constexpr uint32_t varint_field(protozero::pbf_tag_type tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::varint);
}

std::string_view view_of(Reader& in) {
  auto view = in.get_view();
  return {view.data(), view.size()};
}

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

/// Two texts, in fields 1 and 2. Unknown fields may hold what would narrow a filter.
Result<std::pair<std::string, std::string>> read_texts(std::string_view message) {
  std::pair<std::string, std::string> texts;
  for (Reader in(message.data(), message.size()); in.next();) {
    if (in.tag_and_type() == text_field(1))
      texts.first = view_of(in);
    else if (in.tag_and_type() == text_field(2))
      texts.second = view_of(in);
    else
      return malformed_param("filter", "it has an unknown field");
  }
  return texts;
}

Result<query::Call> read_call(std::string_view message, int depth);

Result<query::List> read_list(std::string_view message) {
  query::List list;
  for (Reader in(message.data(), message.size()); in.next();) {
    if (in.tag_and_type() == text_field(1))
      list.values.emplace_back(view_of(in));
    else if (in.tag_and_type() == text_field(2))
      list.type = view_of(in);
    else
      return malformed_param("filter", "it has an unknown field");
  }
  return list;
}

Result<Expression> read_term(uint32_t field, std::string_view content, int depth) {
  if (field == text_field(5)) {
    auto list = read_list(content);
    if (!list) return std::unexpected(list.error());
    return Expression{*std::move(list)};
  }
  if (field == text_field(6)) {
    auto call = read_call(content, depth + 1);
    if (!call) return std::unexpected(call.error());
    return Expression{*std::move(call)};
  }
  auto texts = read_texts(content);
  if (!texts) return std::unexpected(texts.error());
  auto& [first, second] = *texts;
  if (field == text_field(1)) return Expression{query::AttributeReference{first, second}};
  if (field == text_field(2)) return Expression{query::FieldReference{first, second}};
  if (field == text_field(3)) return Expression{query::NestedReference{first}};
  if (field == text_field(4)) return Expression{query::Scalar{first, second}};
  return malformed_param("filter", "it has an unknown field");
}

Result<Expression> read_expression(std::string_view message, int depth) {
  std::optional<Expression> term;  // of several the last, as in protobuf
  for (Reader in(message.data(), message.size()); in.next();) {
    uint32_t field = in.tag_and_type();
    if (in.wire_type() != protozero::pbf_wire_type::length_delimited)
      return malformed_param("filter", "it has an unknown field");
    auto read = read_term(field, view_of(in), depth);
    if (!read) return read;
    term = *std::move(read);
  }
  if (!term) return malformed_param("filter", "an argument is empty");
  return *std::move(term);
}

Result<query::Call> read_call(std::string_view message, int depth) {
  if (depth > limits::kValueDepth)
    return malformed_param("filter",
                           fmt::format("it is nested more than {} deep", limits::kValueDepth));
  query::Call call;
  for (Reader in(message.data(), message.size()); in.next();) {
    if (in.tag_and_type() == text_field(1)) {
      call.op = view_of(in);
    } else if (in.tag_and_type() == text_field(2)) {
      auto arg = read_expression(view_of(in), depth);
      if (!arg) return std::unexpected(arg.error());
      call.args.push_back(*std::move(arg));
    } else {
      return malformed_param("filter", "it has an unknown field");
    }
  }
  return call;
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

  /// Filter and pagination.
  Result<void> late_field(Reader& in) {
    uint32_t at = in.tag_and_type();
    if (dialect_ != JaegerDialect::kApiV2 && at == text_field(10)) return where(view_of(in));
    if (dialect_ != JaegerDialect::kApiV2 && at == text_field(11)) return page(view_of(in));
    in.skip();
    return {};
  }

  static Result<void> set(std::optional<uint64_t>& to, Result<std::optional<uint64_t>> value) {
    if (!value) return std::unexpected(value.error());
    to = *value;
    return {};
  }

  /// An entry of a map of strings.
  Result<void> attribute(std::string_view message) {
    store::Tag tag;
    for (Reader in(message.data(), message.size()); in.next();) {
      if (in.tag_and_type() == text_field(1))
        tag.key = view_of(in);
      else if (in.tag_and_type() != text_field(2))
        in.skip();
      else
        tag.value = view_of(in);
    }
    query_.filter.tags.push_back(std::move(tag));
    return {};
  }

  Result<void> where(std::string_view message) {
    auto call = read_call(message, 1);
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

Result<TraceId> read_trace_request(std::string_view request, JaegerDialect dialect) {
  return guarded([&]() -> Result<TraceId> {
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
        default:
          in.skip();
      }
    }
    if (dialect == JaegerDialect::kApiV3) {
      auto parsed = parse_trace_id(id);
      if (!parsed) return malformed_param("trace_id", parsed.error().message);
      return *parsed;
    }
    auto raw = TraceId::from_raw(id);
    if (!raw) return malformed_param("trace_id", "it has not 16 bytes");
    return *raw;
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
