// Which span of a trace is whose parent.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "otlp/span.h"

namespace clew::query {

/// Stands for a parent that there is none of: of a root, and of a span whose parent is not there.
inline constexpr size_t kNoParent = SIZE_MAX;

/// The index of each span's parent among the `spans` of one trace. A server span that shares its ID
/// with a client span (Zipkin) has that one as parent, and is the parent of what names the ID.
/// Parents may lead in a circle, since clients choose IDs.
std::vector<size_t> parents_of(std::span<const otlp::Span> spans);

}  // namespace clew::query
