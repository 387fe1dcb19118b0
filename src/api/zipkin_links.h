// Who calls whom, counted as Zipkin does.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "api/zipkin_query.h"
#include "otlp/batch.h"

namespace clew::api {

/// Counts calls over many traces. One thread.
///
/// A call is a span of a kind, seen from the service that is called: a server span, below the
/// nearest span with a kind; a client span without children, whose remote endpoint is then what is
/// called. What has no kind but both endpoints is such a client. A message is a producer's or
/// consumer's span with a remote endpoint, the broker. Without a name on both sides there is no
/// call. It failed if the span, or the client span right above it, has the tag `error`.
///
/// Source: the behaviour of zipkin2.internal.DependencyLinker, SpanNode and Trace 2.27.1.
class ZipkinLinkCounter {
 public:
  struct Calls {
    uint64_t calls = 0, errors = 0;
    bool operator==(const Calls&) const = default;
  };
  /// By names of parent and child, without capitals.
  using Links = std::map<std::pair<std::string, std::string>, Calls>;

  /// Traces count if they begin in `range`: their root, without one their earliest span.
  explicit ZipkinLinkCounter(ZipkinRange range) : range_(range) {}

  /// Adds the spans of one trace.
  void add(const otlp::Batch& trace);

  const Links& links() const { return links_; }

 private:
  const ZipkinRange range_;
  Links links_;
};

}  // namespace clew::api
