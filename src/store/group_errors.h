// Which spans of a row group are errors.
#pragma once

#include <cstdint>
#include <vector>

#include "store/group_reader.h"

namespace clew::store {

/// By row: 1 if the span is an error (otlp::Span::is_error). The group's vocabulary must be set to
/// the group (BlockVocabulary::set_group).
Result<std::vector<uint8_t>> errors_of(GroupReader& group);

}  // namespace clew::store
