#include "store/store_memory.h"

#include <algorithm>

namespace clew::store {

void keep_in_memory(StoreOptions& options, MemoryDisk& disk, const MemoryBounds& bounds) {
  options.disk = &disk;
  options.directory = "/memory";
  options.durability = Durability::kNone;
  options.head_bytes = bounds.bytes / 16;
  options.inflight_bytes = std::min(options.inflight_bytes, options.head_bytes);
  options.max_bytes = bounds.bytes / 16 * 12;
  options.min_free_bytes = 0;  // the oldest go, so it is always nearly full
  options.max_spans = bounds.spans;
}

}  // namespace clew::store
