// What people call the columns of a block.
#pragma once

#include <cstdint>
#include <string>

#include "store/span_parts.h"

namespace clew::store {

/// "operation", "http.route", "http.status_code (int)", "tag #2", "events". `number` is the
/// column's number in the block.
std::string column_name(const ColumnKey& key, uint32_t number);

}  // namespace clew::store
