#include "otlp/batch.h"

#include <fmt/format.h>

#include <optional>

#include "base/limits.h"
#include "base/metrics.h"
#include "otlp/reader.h"
#include "otlp/schema.h"

namespace clew::otlp {

/// One walk over a request: checks every field and fills the index. Functions return false once
/// error_ is set; protozero's exceptions end in run().
class Indexer {
 public:
  explicit Indexer(SharedBytes bytes) : index_(std::make_shared<Batch::Index>()) {
    index_->bytes = std::move(bytes);
    base_ = index_->bytes.view().data();
  }

  Result<Batch> run() {
    try {
      if (walk_request()) {
        trim(index_->spans);
        trim(index_->resources);
        trim(index_->scopes);
        return Batch(std::move(index_));
      }
    } catch (const protozero::exception& damage) {
      malformed(damage.what());
    }
    return std::unexpected(std::move(*error_));
  }

 private:
  using Reader = protozero::pbf_reader;
  using WireType = protozero::pbf_wire_type;

  bool malformed(std::string_view what) {
    error_ = Error{Code::kMalformed, fmt::format("OTLP request: byte {}: {}", offset_, what)};
    return false;
  }

  bool too_large(std::string_view limit, std::string_view what) {
    metrics::count_limit_hit(limit);
    error_ = Error{Code::kTooLarge, fmt::format("OTLP request: byte {}: {}", offset_, what)};
    return false;
  }

  /// Gives back what growing left unused, where it is worth a copy: a batch may live for hours.
  template <typename T>
  static void trim(std::vector<T>& vector) {
    constexpr size_t kWorthwhileBytes = 4096;
    if ((vector.capacity() - vector.size()) * sizeof(T) > kWorthwhileBytes) vector.shrink_to_fit();
  }

  /// Steps to the next field and remembers where it starts, for messages.
  bool next(Reader& reader, std::string_view message) {
    offset_ = static_cast<size_t>(message.data() - base_) + message.size() - reader.length();
    return reader.next();
  }

  /// True if the field is a message; sets error_ otherwise.
  bool is_message(const Reader& reader) {
    return reader.wire_type() == WireType::length_delimited ||
           malformed(fmt::format("field {} has wire type {}, a message was expected", reader.tag(),
                                 static_cast<int>(reader.wire_type())));
  }

  bool walk_request() {
    std::string_view request = index_->bytes.view();
    Reader reader(request.data(), request.size());
    while (next(reader, request)) {
      if (reader.tag() != fields::request::kResourceSpans) {
        reader.skip();
        continue;
      }
      if (!is_message(reader) || !walk_resource_spans(view_of(reader))) return false;
    }
    return true;
  }

  bool walk_resource_spans(std::string_view message) {
    if (resources_seen_++ == limits::kGroupsPerRequest)
      return too_large("groups_per_request", "too many resources in one request");
    size_t spans_before = index_->spans.size();
    auto resource = static_cast<uint32_t>(index_->resources.size());
    index_->resources.emplace_back();
    Reader reader(message.data(), message.size());
    while (next(reader, message)) {
      switch (reader.tag()) {
        case fields::resource_spans::kResource: {
          if (!is_message(reader)) return false;
          std::string_view bytes = view_of(reader);
          if (!check(Message::kResource, bytes, 0)) return false;
          index_->resources[resource].bytes = bytes;
          break;
        }
        case fields::resource_spans::kScopeSpans:
          if (!is_message(reader) || !walk_scope_spans(view_of(reader), resource)) return false;
          break;
        case fields::resource_spans::kSchemaUrl:
          if (!is_message(reader)) return false;
          index_->resources[resource].schema_url = view_of(reader);
          break;
        default:
          reader.skip();
      }
    }
    if (index_->spans.size() == spans_before) {
      index_->resources.pop_back();  // its scopes have gone before
      return true;
    }
    ResourceRef& ref = index_->resources[resource];
    if (auto service = ref.attributes().find("service.name"))
      ref.service_name = service->as_bytes();
    return true;
  }

  bool walk_scope_spans(std::string_view message, uint32_t resource) {
    if (scopes_seen_++ == limits::kGroupsPerRequest)
      return too_large("groups_per_request", "too many scopes in one request");
    size_t spans_before = index_->spans.size();
    auto scope = static_cast<uint32_t>(index_->scopes.size());
    index_->scopes.emplace_back();
    Reader reader(message.data(), message.size());
    while (next(reader, message)) {
      switch (reader.tag()) {
        case fields::scope_spans::kScope: {
          if (!is_message(reader)) return false;
          std::string_view bytes = view_of(reader);
          if (!check(Message::kScope, bytes, 0)) return false;
          fill_scope(index_->scopes[scope], bytes);
          break;
        }
        case fields::scope_spans::kSpans:
          if (!is_message(reader) || !walk_span(view_of(reader), resource, scope)) return false;
          break;
        case fields::scope_spans::kSchemaUrl:
          if (!is_message(reader)) return false;
          index_->scopes[scope].schema_url = view_of(reader);
          break;
        default:
          reader.skip();
      }
    }
    if (index_->spans.size() == spans_before) index_->scopes.pop_back();
    return true;
  }

  static void fill_scope(ScopeRef& scope, std::string_view bytes) {
    scope.bytes = bytes;
    for_each_field(bytes, [&](Reader& reader) {
      switch (reader.tag()) {
        case fields::scope::kName:
          scope.name = view_of(reader);
          break;
        case fields::scope::kVersion:
          scope.version = view_of(reader);
          break;
        default:
          reader.skip();
      }
    });
  }

  bool walk_span(std::string_view message, uint32_t resource, uint32_t scope) {
    if (index_->spans.size() == limits::kSpansPerRequest)
      return too_large("spans_per_request", "too many spans in one request");
    trace_id_ = span_id_ = {};
    if (!check(Message::kSpan, message, 0)) return false;
    auto trace_id = TraceId::from_raw(trace_id_);
    auto span_id = SpanId::from_raw(span_id_);
    if (!trace_id || trace_id->is_zero() || !span_id || span_id->is_zero()) {
      ++index_->rejected_spans;
      return true;
    }
    index_->spans.push_back({*trace_id, static_cast<uint32_t>(message.data() - base_),
                             static_cast<uint32_t>(message.size()), resource, scope});
    return true;
  }

  /// Checks every known field of `message` and what lies inside; `depth` counts nested AnyValues.
  bool check(Message kind, std::string_view message, int depth) {
    if (depth > limits::kValueDepth)
      return too_large("value_depth", "arrays and maps are nested too deep");
    Reader reader(message.data(), message.size());
    while (next(reader, message)) {
      const FieldRule& rule = rule_of(kind, reader.tag());
      if (rule.wire_type == WireType::unknown) {
        reader.skip();
        continue;
      }
      if (reader.wire_type() != rule.wire_type)
        return malformed(fmt::format("field {} has wire type {} instead of {}", reader.tag(),
                                     static_cast<int>(reader.wire_type()),
                                     static_cast<int>(rule.wire_type)));
      if (rule.wire_type == WireType::varint) {
        reader.get_uint64();  // unlike skip(), refuses a varint of more than ten bytes
      } else if (rule.wire_type == WireType::length_delimited) {
        if (!check_inside(kind, rule, reader, depth)) return false;
      } else {
        reader.skip();
      }
    }
    return true;
  }

  bool check_inside(Message kind, const FieldRule& rule, Reader& reader, int depth) {
    fields::Tag tag = reader.tag();
    std::string_view content = view_of(reader);
    if (rule.id_size != 0) {
      if (!content.empty() && content.size() != rule.id_size)
        return malformed(
            fmt::format("an ID of {} bytes, it must have {}", content.size(), rule.id_size));
      if (kind == Message::kSpan && tag == fields::span::kTraceId) trace_id_ = content;
      if (kind == Message::kSpan && tag == fields::span::kSpanId) span_id_ = content;
    }
    if (rule.inside == Message::kNone) {
      if (kind == Message::kKeyValue) notice_key(content);
      if (kind == Message::kSpan && tag == fields::span::kTraceState && !content.empty())
        index_->may_have_trace_state = true;
      return true;
    }
    if (rule.inside == Message::kKeyValue && is_short_text(content)) {
      notice_key(content.substr(2, static_cast<uint8_t>(content[1])));
      return true;
    }
    return check(rule.inside, content, depth + (rule.inside == Message::kAnyValue ? 1 : 0));
  }

  void notice_key(std::string_view key) {
    if (key.size() == kSamplingPriority.size() && key == kSamplingPriority)
      index_->may_have_sampling_priority = true;
  }

  /// The usual form of an attribute: a key and a string, lengths below 128. Nothing is left to
  /// check.
  static bool is_short_text(std::string_view message) {
    auto byte = [&](size_t at) { return static_cast<uint8_t>(message[at]); };
    if (message.size() < 6 || byte(0) != 0x0A || byte(1) >= 128) return false;
    size_t value = 2 + size_t{byte(1)};
    return message.size() >= value + 4 && byte(value) == 0x12 && byte(value + 1) < 128 &&
           value + 2 + byte(value + 1) == message.size() && byte(value + 2) == 0x0A &&
           byte(value + 3) < 128 && value + 4 + byte(value + 3) == message.size();
  }

  static constexpr std::string_view kSamplingPriority = "sampling.priority";

  std::shared_ptr<Batch::Index> index_;
  const char* base_;
  size_t offset_ = 0;          // of the field being looked at
  size_t resources_seen_ = 0;  // also those without spans
  size_t scopes_seen_ = 0;
  std::string_view trace_id_, span_id_;  // of the span being looked at
  std::optional<Error> error_;
};

Batch::Batch() {
  static const auto empty = std::make_shared<const Index>();
  index_ = empty;
}

size_t Batch::memory_bytes() const {
  return index_->bytes.size() + sizeof(Index) + index_->spans.capacity() * sizeof(SpanRef) +
         index_->resources.capacity() * sizeof(ResourceRef) +
         index_->scopes.capacity() * sizeof(ScopeRef);
}

Result<Batch> Batch::index(SharedBytes bytes) {
  static_assert(limits::kDecompressedBytes <= UINT32_MAX, "SpanRef holds 32-bit offsets");
  if (bytes.size() > UINT32_MAX)
    return fail(Code::kTooLarge, "OTLP request: {} bytes, more than 32 bits can index",
                bytes.size());
  return Indexer(std::move(bytes)).run();
}

}  // namespace clew::otlp
