#include "agent/export/messages.h"

#include <map>
#include <span>
#include <utility>

#include "agent/export/zipkin_json.h"
#include "base/ids.h"
#include "otlp/batch.h"
#include "otlp/jaeger_proto.h"
#include "otlp/json_writer.h"
#include "otlp/writer.h"

namespace clew::agent {
namespace {

using Refs = std::span<const otlp::SpanRef* const>;

/// Puts spans into messages that are not too large.
class Packer {
 public:
  Packer(const otlp::Batch& batch, const MessageOptions& options)
      : batch_(batch), options_(options) {}

  /// Appends the messages of these spans, halving what is too large for one.
  Result<void> pack(Refs refs, const std::string& key) {
    auto value = encode(refs);
    if (!value) return std::unexpected(std::move(value.error()));
    if (value->size() <= options_.max_bytes) {
      messages_.push_back({key, *std::move(value)});
      return {};
    }
    if (refs.size() == 1)
      return fail(Code::kTooLarge, "a span has {} bytes as a message, at most {}", value->size(),
                  options_.max_bytes);
    size_t half = refs.size() / 2;
    return in_order([&] { return pack(refs.first(half), key); },
                    [&] { return pack(refs.subspan(half), key); });
  }

  std::vector<EncodedMessage> take() { return std::move(messages_); }

 private:
  Result<SharedBytes> encode(Refs refs) const {
    SharedBytes request = request_of(refs);
    Result<std::string> text;
    switch (options_.encoding) {
      case MessageEncoding::kOtlpJson:
        text = otlp::request_json(request.view());
        break;
      case MessageEncoding::kZipkinJson:
        text = zipkin_json(request);
        break;
      default:
        return request;
    }
    if (!text) return std::unexpected(std::move(text.error()));
    return SharedBytes::take(*std::move(text));
  }

  SharedBytes request_of(Refs refs) const {
    if (refs.size() == batch_.spans().size()) return otlp::accepted_bytes(batch_);
    otlp::RequestWriter writer;
    for (const otlp::SpanRef* ref : refs) writer.add(batch_, *ref);
    return SharedBytes::take(writer.finish());
  }

  const otlp::Batch& batch_;
  const MessageOptions& options_;
  std::vector<EncodedMessage> messages_;
};

Result<std::vector<EncodedMessage>> jaeger_messages(const otlp::Batch& batch, size_t max_bytes) {
  std::vector<EncodedMessage> messages;
  std::vector<std::string> spans = otlp::jaeger_spans(batch);
  for (size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].size() > max_bytes)
      return fail(Code::kTooLarge, "a span has {} bytes as a message, at most {}", spans[i].size(),
                  max_bytes);
    messages.push_back({batch.spans()[i].trace_id.hex(), SharedBytes::take(std::move(spans[i]))});
  }
  return messages;
}

}  // namespace

Result<std::vector<EncodedMessage>> messages_of_spans(const SharedBytes& request,
                                                      const MessageOptions& options) {
  auto batch = otlp::Batch::index(request);
  if (!batch) return std::unexpected(batch.error());
  if (options.encoding == MessageEncoding::kJaegerProto)
    return jaeger_messages(*batch, options.max_bytes);
  // In order of their first span.
  std::vector<std::pair<std::string, std::vector<const otlp::SpanRef*>>> groups;
  std::map<TraceId, size_t> group_of;
  for (const otlp::SpanRef& ref : batch->spans()) {
    auto [at, is_new] =
        group_of.try_emplace(options.by_trace ? ref.trace_id : TraceId(), groups.size());
    if (is_new) groups.push_back({options.by_trace ? ref.trace_id.hex() : "", {}});
    groups[at->second].second.push_back(&ref);
  }
  Packer packer(*batch, options);
  for (const auto& [key, refs] : groups)
    if (auto packed = packer.pack(refs, key); !packed) return std::unexpected(packed.error());
  return packer.take();
}

}  // namespace clew::agent
