#include "otlp/payload.h"

#include <utility>

#include "base/limits.h"
#include "base/metrics.h"
#include "otlp/reader.h"
#include "otlp/schema.h"

namespace clew::otlp {
namespace {

bool is_item(Message message) {
  switch (message) {
    case Message::kLogRecord:
    case Message::kNumberPoint:
    case Message::kHistogramPoint:
    case Message::kExponentialHistogramPoint:
    case Message::kSummaryPoint:
      return true;
    default:
      return false;
  }
}

/// One walk over a request. Functions return false once error_ is set; protozero's exceptions end
/// in run().
class PayloadCheck {
 public:
  explicit PayloadCheck(std::string_view request) : request_(request) {}

  /// The number of items.
  Result<size_t> run(Message root) {
    try {
      if (check(root, request_, 0)) return items_;
    } catch (const protozero::exception& damage) {
      malformed(damage.what());
    }
    return std::unexpected(std::move(error_));
  }

 private:
  using WireType = protozero::pbf_wire_type;

  bool malformed(std::string_view what) {
    error_ = Error{Code::kMalformed, fmt::format("OTLP request: byte {}: {}", offset_, what)};
    return false;
  }

  /// `depth` counts nested AnyValues, as in Batch::index.
  bool check(Message kind, std::string_view message, int depth) {
    if (depth > limits::kValueDepth) {
      metrics::count_limit_hit("value_depth");
      error_ = Error{Code::kTooLarge, "OTLP request: arrays and maps are nested too deep"};
      return false;
    }
    if (is_item(kind)) ++items_;
    protozero::pbf_reader reader(message.data(), message.size());
    while (true) {
      offset_ = static_cast<size_t>(reader.data().data() - request_.data());
      if (!reader.next()) return true;
      if (!check_field(rule_of(kind, reader.tag()), reader, depth)) return false;
    }
  }

  bool check_field(const FieldRule& rule, protozero::pbf_reader& reader, int depth) {
    if (rule.wire_type == WireType::unknown) return reader.skip(), true;
    if (reader.wire_type() != rule.wire_type)
      return malformed(fmt::format("field {} has wire type {} instead of {}", reader.tag(),
                                   static_cast<int>(reader.wire_type()),
                                   static_cast<int>(rule.wire_type)));
    if (rule.wire_type == WireType::varint) return reader.get_uint64(), true;
    if (rule.wire_type != WireType::length_delimited) return reader.skip(), true;
    std::string_view content = view_of(reader);
    if (rule.id_size != 0 && !content.empty() && content.size() != rule.id_size)
      return malformed(
          fmt::format("an ID of {} bytes, it must have {}", content.size(), rule.id_size));
    if (rule.inside == Message::kNone) return true;
    return check(rule.inside, content, depth + (rule.inside == Message::kAnyValue ? 1 : 0));
  }

  std::string_view request_;
  size_t offset_ = 0;  // of the field being looked at
  size_t items_ = 0;
  Error error_{};
};

}  // namespace

Result<Payload> Payload::check(Signal signal, SharedBytes bytes) {
  Message root = signal == Signal::kLogs ? Message::kLogsRequest : Message::kMetricsRequest;
  auto items = PayloadCheck(bytes.view()).run(root);
  if (!items) return std::unexpected(std::move(items.error()));
  return Payload(signal, std::move(bytes), *items);
}

}  // namespace clew::otlp
