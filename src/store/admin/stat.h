// What a store holds and what takes how many bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/tenant.h"

namespace clew::store {

/// One tenant's blocks of one day.
struct DayStat {
  Tenant tenant;
  uint64_t day = 0;  // since 1970-01-01, UTC
  uint64_t blocks = 0, spans = 0, traces = 0, bytes = 0;
};

/// What one column takes in all blocks, or one thing that every span or every block has.
struct ColumnStat {
  std::string name;
  bool is_attribute = false;
  uint64_t codes = 0;     // in row groups; of what is no column all of it
  uint64_t literals = 0;  // in row groups
  uint64_t dictionary = 0, ranks = 0, templates = 0, presence = 0;

  uint64_t total() const { return codes + literals + dictionary + ranks + templates + presence; }
};

struct StoreStat {
  std::vector<DayStat> days;        // by tenant and day
  std::vector<ColumnStat> columns;  // the largest first; together they are all bytes of the blocks
  uint64_t blocks = 0, spans = 0, traces = 0, bytes = 0;
  uint64_t unreadable_blocks = 0;  // damaged, and in none of the above
  uint64_t log_segments = 0, log_bytes = 0;
};

/// Reads the tables of each block, not its spans. Changes nothing and takes no lock: a server may
/// run on the directory. Fails with kNotFound if there is no store, with kIo if the disk fails.
Result<StoreStat> stat_store(Disk& disk, const std::string& directory);

}  // namespace clew::store
