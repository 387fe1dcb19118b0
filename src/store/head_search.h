// Searching a head.
#pragma once

#include <memory>

#include "store/head.h"
#include "store/part.h"

namespace clew::store {

/// As Part::search. `head` and `query` must outlive it; what comes into the head meanwhile is not
/// found.
std::unique_ptr<PartSearch> search_head(const HeadTenant& head, const Query& query);

}  // namespace clew::store
