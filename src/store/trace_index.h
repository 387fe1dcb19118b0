// From a trace ID to where its trace stands in a block: a hash table on disk that is read by the
// page, so that a look-up costs one small read and no memory.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/ids.h"
#include "base/result.h"

namespace clew::store {

/// The index of `ids`; the number of a trace is its place there. Hashes the right half of the IDs,
/// so that the 64-bit form finds the 128-bit one. Drawn in the .cc. At most 2^32 - 1 traces.
std::string build_trace_index(std::span<const TraceId> ids);

/// Numbers of the traces that may have this ID: 1 in 65,536 of those that have not is among them.
/// The index is `bytes` long and stands at `offset` of the file. Fails with kMalformed if the
/// page's checksum is wrong, with kIo if the disk fails.
Result<std::vector<uint32_t>> look_up_trace(const ReadFile& file, uint64_t offset, uint64_t bytes,
                                            const TraceId& id);

/// Checks every page. Fails with kMalformed.
Result<void> verify_trace_index(std::string_view index);

}  // namespace clew::store
