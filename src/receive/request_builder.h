// Spans of a foreign format on their way into one OTLP request.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace clew::receive {

/// Collects Span messages by resource and scope. Each span is appended to one growing text, so that
/// a request costs few allocations however many spans it has. One thread.
class RequestBuilder {
 public:
  /// Calls `write(std::string& out)`, which appends one Span message to `out`, and keeps it under
  /// that resource and scope (serialized messages, empty for none), which are copied. Fails with
  /// kTooLarge past limits::kSpansPerRequest.
  template <typename Write>
  Result<void> add(std::string_view resource, std::string_view scope, Write&& write) {
    if (auto room = check_room(); !room) return room;
    size_t begin = bytes_.size();
    write(bytes_);
    spans_.push_back({begin, bytes_.size() - begin, group_of(resource, scope)});
    return {};
  }

  /// The serialized ExportTraceServiceRequest, spans of a group in the order they came. The builder
  /// is used up.
  std::string finish();

 private:
  struct Group {
    std::string resource, scope;
    auto operator<=>(const Group&) const = default;
  };
  struct Span {
    size_t begin, size;
    const Group* group;
  };

  Result<void> check_room() const;
  const Group* group_of(std::string_view resource, std::string_view scope);

  std::string bytes_;
  std::vector<Span> spans_;
  std::set<Group> groups_;
};

}  // namespace clew::receive
