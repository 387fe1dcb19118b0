#include "receive/zipkin_json.h"

#include <fmt/format.h>

#include <deque>
#include <set>

#include "base/limits.h"
#include "base/metrics.h"
#include "otlp/writer.h"
#include "receive/json_reader.h"
#include "receive/zipkin_span.h"

namespace clew::receive {
namespace {

using Value = JsonReader::Value;

/// Reads span after span, each at once into OTLP. Functions return false once the reader has an
/// error.
class ZipkinJson {
 public:
  explicit ZipkinJson(std::string_view json) : json_(json) {}

  Result<std::string> convert() {
    auto element = [&](Value value) { return span(value); };
    if (!json_.document([&](Value root) { return json_.elements(root, element); }))
      return std::unexpected(json_.error());
    return writer_.finish();
  }

 private:
  bool span(Value value) {
    if (spans_.size() == limits::kSpansPerRequest) {
      metrics::count_limit_hit("spans_per_request");
      return json_.fail(Code::kTooLarge, "too many spans in one request");
    }
    ZipkinSpan span;
    auto read = [&](std::string_view name, Value member) { return field(span, name, member); };
    if (!json_.fields(value, read)) return false;
    if (span.trace_id.is_zero()) return json_.missing("traceId");
    if (span.id.is_zero()) return json_.missing("id");
    auto parts = zipkin_to_otlp(span);
    if (!parts) return json_.fail(parts.error().code, parts.error().message);
    keep(*std::move(parts));
    return true;
  }

  /// The writer holds views, so what they point to stays here until it has finished.
  void keep(ZipkinAsOtlp parts) {
    otlp::ResourceRef resource;
    otlp::ScopeRef scope;
    resource.bytes = *groups_.insert(std::move(parts.resource)).first;
    scope.bytes = *groups_.insert(std::move(parts.scope)).first;
    writer_.add(resource, scope, spans_.emplace_back(std::move(parts.span)));
  }

  bool field(ZipkinSpan& span, std::string_view name, Value value) {
    if (name == "traceId") return id(span.trace_id, value, true);
    if (name == "id") return id(span.id, value, true);
    if (name == "parentId") return id(span.parent_id, value, false);
    if (name == "kind") return text(span.kind, value);
    if (name == "name") return text(span.name, value);
    if (name == "timestamp") return integer(span.timestamp_us, value);
    if (name == "duration") return integer(span.duration_us, value);
    if (name == "localEndpoint") return endpoint(span.local, value);
    if (name == "remoteEndpoint") return endpoint(span.remote, value);
    if (name == "annotations") return annotations(span.annotations, value);
    if (name == "tags") return tags(span.tags, value);
    if (name == "shared") return truth(span.shared, value);
    if (name == "debug") return truth(span.debug, value);
    return true;
  }

  template <typename Id>
  bool id(Id& out, Value value, bool needed) {
    constexpr size_t kDigits = 2 * sizeof(Id::bytes);
    auto hex = json_.text(value);
    if (!hex) return false;
    if (hex->empty() && !needed) return true;
    if (hex->empty() || hex->size() > kDigits)
      return json_.malformed(
          fmt::format("{} hex digits, 1 to {} are needed", hex->size(), kDigits));
    auto id = Id::from_hex(*hex);
    if (!id) return json_.malformed("not hex");
    if (needed && id->is_zero()) return json_.malformed("all zeros");
    out = *id;
    return true;
  }

  bool endpoint(ZipkinEndpoint& out, Value object) {
    return json_.fields(object, [&](std::string_view name, Value value) {
      if (name == "serviceName") return text(out.service_name, value);
      if (name == "ipv4") return text(out.ipv4, value);
      if (name == "ipv6") return text(out.ipv6, value);
      if (name == "port") return integer(out.port, value);
      return true;
    });
  }

  bool annotations(std::vector<ZipkinAnnotation>& out, Value array) {
    return json_.elements(array, [&](Value object) {
      ZipkinAnnotation& annotation = out.emplace_back();
      return json_.fields(object, [&](std::string_view name, Value value) {
        if (name == "timestamp") return integer(annotation.timestamp_us, value);
        if (name == "value") return text(annotation.value, value);
        return true;
      });
    });
  }

  bool tags(std::vector<ZipkinTag>& out, Value object) {
    return json_.fields(object, [&](std::string_view name, Value value) {
      auto text = json_.scalar_text(value);
      if (text) out.push_back({name, *text});
      return text.has_value();
    });
  }

  bool text(std::string_view& out, Value value) {
    auto text = json_.text(value);
    if (text) out = *text;
    return text.has_value();
  }

  template <typename T>
  bool integer(T& out, Value value) {
    auto number = json_.integer<T>(value);
    if (number) out = *number;
    return number.has_value();
  }

  bool truth(bool& out, Value value) {
    auto truth = json_.boolean(value);
    if (truth) out = *truth;
    return truth.has_value();
  }

  JsonReader json_;
  std::set<std::string> groups_;
  std::deque<std::string> spans_;
  otlp::RequestWriter writer_;
};

}  // namespace

Result<std::string> zipkin_v2_json_to_otlp(std::string_view json) {
  return ZipkinJson(json).convert();
}

}  // namespace clew::receive
