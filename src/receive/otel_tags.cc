#include "receive/otel_tags.h"

#include "receive/optional_field.h"

namespace clew::receive {
namespace {

namespace f = otlp::fields;

/// The text under `newer`, or under `older`; both are removed.
std::string_view take_either(Tags& tags, std::string_view newer, std::string_view older) {
  auto text = tags.take_text(newer);
  auto old_text = tags.take_text(older);
  return text ? *text : old_text.value_or("");
}

}  // namespace

otlp::SpanKind take_kind(Tags& tags) {
  using enum otlp::SpanKind;
  auto text = tags.find_text("span.kind");
  if (!text) return kUnspecified;
  for (auto kind : {kServer, kClient, kInternal, kProducer, kConsumer}) {
    if (*text != otlp::name_of(kind)) continue;
    tags.remove("span.kind");
    return kind;
  }
  return kUnspecified;
}

std::string take_scope(Tags& tags) {
  std::string out;
  protozero::pbf_writer scope(out);
  add_text(scope, f::scope::kName, take_either(tags, "otel.scope.name", "otel.library.name"));
  add_text(scope, f::scope::kVersion,
           take_either(tags, "otel.scope.version", "otel.library.version"));
  return out;
}

void add_status(protozero::pbf_writer& span, otlp::StatusCode code, std::string_view message) {
  if (code == otlp::StatusCode::kUnset && message.empty()) return;
  protozero::pbf_writer status(span, f::span::kStatus);
  add_text(status, f::status::kMessage, message);
  if (code != otlp::StatusCode::kUnset)
    status.add_enum(f::status::kCode, static_cast<int32_t>(code));
}

}  // namespace clew::receive
