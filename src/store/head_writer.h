// From a head to blocks.
#pragma once

#include "store/block_series.h"
#include "store/head.h"

namespace clew::store {

/// Writes every trace of a head that nothing is inserted into any more, in order of start, each
/// span once. The caller finishes the series.
Result<void> write_head(const HeadTenant& head, BlockSeries& series);

/// The same into one segment, whatever days its traces belong to.
Result<void> write_head(const HeadTenant& head, SegmentWriter& writer);

}  // namespace clew::store
