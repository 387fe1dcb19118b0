#include "receive/jaeger_proto.h"

#include <optional>

#include "otlp/reader.h"
#include "receive/field_budget.h"
#include "receive/jaeger_span.h"
#include "receive/proto_field.h"
#include "receive/request_builder.h"

namespace clew::receive {
namespace {

using otlp::Value;
using otlp::view_of;
using Reader = protozero::pbf_reader;

/// The enumerators of model.proto's ValueType and SpanRefType.
enum ValueType : int32_t { kString, kBool, kInt64, kFloat64, kBinary };
constexpr int32_t kFollowsFrom = 1;

/// Reads span after span, each at once into OTLP. Functions return false once there is an error;
/// damage is thrown by the reader.
class JaegerProto {
 public:
  Result<std::string> post_spans(std::string_view request) {
    Reader in(request.data(), request.size());
    bool ok = true;
    while (ok && in.next()) {
      if (in.tag_and_type() == text_field(1))
        ok = batch(view_of(in));
      else
        in.skip();
    }
    if (!ok) return std::unexpected(*std::move(error_));
    return request_.finish();
  }

 private:
  bool batch(std::string_view message) {
    // The process follows the spans, so it has to be looked for first.
    std::string resource;
    for (Reader in(message.data(), message.size()); in.next();) {
      if (in.tag_and_type() != text_field(2))
        in.skip();
      else if (!process(view_of(in), resource))
        return false;
    }
    for (Reader in(message.data(), message.size()); in.next();) {
      if (in.tag_and_type() != text_field(1))
        in.skip();
      else if (!span(view_of(in), resource))
        return false;
    }
    return true;
  }

  bool process(std::string_view message, std::string& resource) {
    budget_.refill();
    JaegerProcess process;
    for (Reader in(message.data(), message.size()); in.next();) {
      switch (in.tag_and_type()) {
        case text_field(1):
          process.service = view_of(in);
          break;
        case text_field(2):
          if (!tag(view_of(in), process.tags)) return false;
          break;
        default:
          in.skip();
      }
    }
    resource = jaeger_resource(process);
    return true;
  }

  bool span(std::string_view message, const std::string& batch_resource) {
    budget_.refill();
    span_.clear();
    process_.reset();
    start_ = duration_ = 0;
    for (Reader in(message.data(), message.size()); in.next();)
      if (!span_field(in)) return false;
    if (!span_.set_times(start_, duration_))
      return malformed("a span's times are before 1970 or past the year 2262");
    std::string own_resource;
    if (process_ && !process(*process_, own_resource)) return false;
    std::string scope = jaeger_scope(span_);
    auto added = request_.add(process_ ? own_resource : batch_resource, scope,
                              [this](std::string& out) { jaeger_to_otlp(span_, out); });
    return added ? true : stop(std::move(added.error()));
  }

  bool span_field(Reader& in) {
    switch (in.tag_and_type()) {
      case text_field(1):
        return set_id(view_of(in), span_.trace_id);
      case text_field(2):
        return set_id(view_of(in), span_.id);
      case text_field(3):
        span_.operation = view_of(in);
        return true;
      case text_field(4):
        return reference(view_of(in));
      case text_field(6):
        return nanos(view_of(in), start_);
      case text_field(7):
        return nanos(view_of(in), duration_);
      case text_field(8):
        return tag(view_of(in), span_.tags);
      case text_field(9):
        return log(view_of(in));
      case text_field(10):
        process_ = view_of(in);
        return true;
      default:
        in.skip();
        return true;
    }
  }

  template <typename Id>
  bool set_id(std::string_view raw, Id& id) {
    auto read = id_of<Id>(raw);
    if (!read) return malformed(fmt::format("an ID of {} bytes", raw.size()));
    id = *read;
    return true;
  }

  bool reference(std::string_view message) {
    if (!budget_.take()) return stop(FieldBudget::error());
    JaegerReference& reference = span_.references.emplace_back();
    bool ok = true;
    for (Reader in(message.data(), message.size()); ok && in.next();) {
      switch (in.tag_and_type()) {
        case text_field(1):
          ok = set_id(view_of(in), reference.trace_id);
          break;
        case text_field(2):
          ok = set_id(view_of(in), reference.span_id);
          break;
        case varint_field(3):
          reference.follows_from = in.get_int32() == kFollowsFrom;
          break;
        default:
          in.skip();
      }
    }
    return ok;
  }

  bool log(std::string_view message) {
    if (!budget_.take()) return stop(FieldBudget::error());
    JaegerLog& log = span_.add_log();
    int64_t time = 0;
    bool ok = true;
    for (Reader in(message.data(), message.size()); ok && in.next();) {
      switch (in.tag_and_type()) {
        case text_field(1):
          ok = nanos(view_of(in), time);
          break;
        case text_field(2):
          ok = tag(view_of(in), log.fields);
          break;
        default:
          in.skip();
      }
    }
    if (ok && time < 0) return malformed("a log's time is before 1970");
    log.time = static_cast<UnixNanos>(time);
    return ok;
  }

  bool tag(std::string_view message, Tags& tags) {
    if (!budget_.take()) return stop(FieldBudget::error());
    std::string_view key, text, bytes;
    int32_t type = kString;
    bool truth = false;
    int64_t number = 0;
    double real = 0;
    for (Reader in(message.data(), message.size()); in.next();) {
      switch (in.tag_and_type()) {
        case text_field(1):
          key = view_of(in);
          break;
        case varint_field(2):
          type = in.get_int32();
          break;
        case text_field(3):
          text = view_of(in);
          break;
        case varint_field(4):
          truth = in.get_bool();
          break;
        case varint_field(5):
          number = in.get_int64();
          break;
        case fixed64_field(6):
          real = in.get_double();
          break;
        case text_field(7):
          bytes = view_of(in);
          break;
        default:
          in.skip();
      }
    }
    tags.set(key, type == kBool      ? Value::of_bool(truth)
                  : type == kInt64   ? Value::of_int(number)
                  : type == kFloat64 ? Value::of_double(real)
                  : type == kBinary  ? Value::of_bytes(bytes)
                                     : Value::of_string(text));
    return true;
  }

  /// google.protobuf.Timestamp and Duration look the same.
  bool nanos(std::string_view message, int64_t& out) {
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
    if (__builtin_mul_overflow(seconds, int64_t{1'000'000'000}, &out) ||
        __builtin_add_overflow(out, nanos, &out))
      return malformed("a time or duration past the year 2262");
    return true;
  }

  bool malformed(std::string what) { return stop({Code::kMalformed, std::move(what)}); }
  bool stop(Error error) {
    error_ = std::move(error);
    return false;
  }

  std::optional<Error> error_;
  FieldBudget budget_;
  JaegerSpan span_;
  std::optional<std::string_view> process_;  // the span's own
  int64_t start_ = 0, duration_ = 0;         // nanoseconds
  RequestBuilder request_;
};

}  // namespace

Result<std::string> jaeger_proto_to_otlp(std::string_view request) {
  return guard_against_damage([&] { return JaegerProto().post_spans(request); });
}

}  // namespace clew::receive
