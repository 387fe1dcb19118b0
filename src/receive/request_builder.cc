#include "receive/request_builder.h"

#include "base/limits.h"
#include "base/metrics.h"
#include "otlp/writer.h"

namespace clew::receive {

Result<void> RequestBuilder::check_room() const {
  if (spans_.size() < limits::kSpansPerRequest) return {};
  metrics::count_limit_hit("spans_per_request");
  return fail(Code::kTooLarge, "too many spans in one request");
}

const RequestBuilder::Group* RequestBuilder::group_of(std::string_view resource,
                                                      std::string_view scope) {
  // Neighbours mostly come from the same service.
  if (!spans_.empty()) {
    const Group* last = spans_.back().group;
    if (last->resource == resource && last->scope == scope) return last;
  }
  return &*groups_.insert({std::string(resource), std::string(scope)}).first;
}

std::string RequestBuilder::finish() {
  otlp::RequestWriter writer;
  for (const Span& span : spans_) {
    otlp::ResourceRef resource;
    otlp::ScopeRef scope;
    resource.bytes = span.group->resource;
    scope.bytes = span.group->scope;
    writer.add(resource, scope, std::string_view(bytes_).substr(span.begin, span.size));
  }
  return writer.finish();
}

}  // namespace clew::receive
