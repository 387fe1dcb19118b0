#include "receive/jaeger_thrift.h"

#include <optional>

#include "receive/field_budget.h"
#include "receive/jaeger_span.h"
#include "receive/request_builder.h"
#include "receive/thrift_ids.h"
#include "receive/thrift_reader.h"

namespace clew::receive {
namespace {

/// The enumerators of jaeger.thrift's TagType and SpanRefType.
enum TagType : int32_t { kString, kDouble, kBool, kLong, kBinary };
constexpr int32_t kFollowsFrom = 1;

/// Reads span after span, each at once into OTLP. One error ends it, the reader's or this one's.
template <typename Protocol>
class JaegerThrift {
 public:
  explicit JaegerThrift(std::string_view bytes) : in_(bytes) {}

  Result<std::string> call() {
    ThriftMessage message = in_.message();
    if (!in_.ok()) return std::unexpected(in_.error());
    if (message.name != "emitBatch")
      return fail(Code::kUnsupported, "the agent's method {:?} is not spoken here, only emitBatch",
                  message.name);
    in_.fields([this](const ThriftField& field) {
      if (field.id != 1 || field.type != ThriftType::kStruct) return false;
      read_batch();
      return true;
    });
    return finish();
  }

  Result<std::string> batch() {
    read_batch();
    return finish();
  }

 private:
  using Reader = ThriftReader<Protocol>;

  Result<std::string> finish() {
    if (error_) return std::unexpected(*std::move(error_));
    if (!in_.ok()) return std::unexpected(in_.error());
    return request_.finish();
  }

  void read_batch() {
    bool has_process = false;
    std::optional<Reader> spans_before_it;
    in_.fields([&](const ThriftField& field) {
      if (field.id == 1 && field.type == ThriftType::kStruct) {
        read_process();
        return has_process = true;
      }
      if (field.id != 2) return false;
      if (has_process) return read_spans(field);
      // No known client writes the spans first, but thrift allows it: they wait.
      spans_field_ = field;
      spans_before_it = in_;
      return false;
    });
    if (!spans_before_it || !in_.ok()) return;
    std::swap(in_, *spans_before_it);
    read_spans(spans_field_);
  }

  void read_process() {
    JaegerProcess process;
    budget_.refill();
    in_.fields([&](const ThriftField& field) {
      if (field.id == 1) return in_.value(field, process.service);
      return field.id == 2 && read_tags(field, process.tags);
    });
    resource_ = jaeger_resource(process);
  }

  bool read_spans(const ThriftField& list) {
    return in_.structs(list, [this] {
      read_span();
      if (!in_.ok()) return;
      std::string scope = jaeger_scope(span_);
      auto added =
          request_.add(resource_, scope, [this](std::string& out) { jaeger_to_otlp(span_, out); });
      if (!added) stop(std::move(added.error()));
    });
  }

  void read_span() {
    span_.clear();
    budget_.refill();
    int64_t trace_low = 0, trace_high = 0, id = 0, parent = 0, start_us = 0, duration_us = 0;
    in_.fields([&](const ThriftField& field) {
      switch (field.id) {
        case 1:
          return in_.value(field, trace_low);
        case 2:
          return in_.value(field, trace_high);
        case 3:
          return in_.value(field, id);
        case 4:
          return in_.value(field, parent);
        case 5:
          return in_.value(field, span_.operation);
        case 6:
          return in_.structs(field, [this] { read_reference(); });
        case 8:
          return in_.value(field, start_us);
        case 9:
          return in_.value(field, duration_us);
        case 10:
          return read_tags(field, span_.tags);
        case 11:
          return in_.structs(field, [this] { read_log(); });
        default:
          return false;
      }
    });
    span_.trace_id = trace_id_of(trace_high, trace_low);
    span_.id = span_id_of(id);
    span_.parent_id = span_id_of(parent);
    int64_t start = 0, duration = 0;
    if (!to_nanos(start_us, start) || !to_nanos(duration_us, duration) ||
        !span_.set_times(start, duration))
      in_.fail("times before 1970 or past the year 2262");
  }

  static bool to_nanos(int64_t micros, int64_t& nanos) {
    return !__builtin_mul_overflow(micros, 1000, &nanos);
  }

  void read_reference() {
    if (!take_field()) return;
    int32_t type = 0;
    int64_t trace_low = 0, trace_high = 0, id = 0;
    in_.fields([&](const ThriftField& field) {
      if (field.id == 1) return in_.value(field, type);
      if (field.id == 2) return in_.value(field, trace_low);
      if (field.id == 3) return in_.value(field, trace_high);
      return field.id == 4 && in_.value(field, id);
    });
    span_.references.push_back({.trace_id = trace_id_of(trace_high, trace_low),
                                .span_id = span_id_of(id),
                                .follows_from = type == kFollowsFrom});
  }

  void read_log() {
    if (!take_field()) return;
    JaegerLog& log = span_.add_log();
    int64_t time_us = 0, time = 0;
    in_.fields([&](const ThriftField& field) {
      if (field.id == 1) return in_.value(field, time_us);
      return field.id == 2 && read_tags(field, log.fields);
    });
    if (time_us < 0 || !to_nanos(time_us, time))
      in_.fail("a log's time before 1970 or past the year 2262");
    log.time = static_cast<UnixNanos>(time);
  }

  bool read_tags(const ThriftField& list, Tags& tags) {
    return in_.structs(list, [&] {
      if (take_field()) read_tag(tags);
    });
  }

  void read_tag(Tags& tags) {
    std::string_view key, text, bytes;
    int32_t type = kString;
    double real = 0;
    bool truth = false;
    int64_t number = 0;
    in_.fields([&](const ThriftField& field) {
      switch (field.id) {
        case 1:
          return in_.value(field, key);
        case 2:
          return in_.value(field, type);
        case 3:
          return in_.value(field, text);
        case 4:
          return in_.value(field, real);
        case 5:
          return in_.value(field, truth);
        case 6:
          return in_.value(field, number);
        case 7:
          return in_.value(field, bytes);
        default:
          return false;
      }
    });
    using otlp::Value;
    tags.set(key, type == kDouble   ? Value::of_double(real)
                  : type == kBool   ? Value::of_bool(truth)
                  : type == kLong   ? Value::of_int(number)
                  : type == kBinary ? Value::of_bytes(bytes)
                                    : Value::of_string(text));
  }

  bool take_field() {
    if (budget_.take()) return true;
    stop(FieldBudget::error());
    return false;
  }

  void stop(Error error) {
    if (!error_) error_ = std::move(error);
    in_.fail("stopped");
  }

  Reader in_;
  ThriftField spans_field_;
  std::optional<Error> error_;
  std::string resource_;
  JaegerSpan span_;
  FieldBudget budget_;
  RequestBuilder request_;
};

}  // namespace

Result<std::string> jaeger_compact_call_to_otlp(std::string_view packet) {
  return JaegerThrift<ThriftCompact>(packet).call();
}

Result<std::string> jaeger_binary_call_to_otlp(std::string_view packet) {
  return JaegerThrift<ThriftBinary>(packet).call();
}

Result<std::string> jaeger_binary_batch_to_otlp(std::string_view batch) {
  return JaegerThrift<ThriftBinary>(batch).batch();
}

}  // namespace clew::receive
