// Reading all of one block to see whether it is whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"
#include "store/block_storage.h"

namespace clew::store {

struct BlockCheck {
  BlockKey key;
  uint64_t bytes = 0;
  /// As the footer says; 0 if that cannot be read.
  uint64_t spans = 0, traces = 0;
  /// False if the footer is damaged: then nothing is known of what the block held.
  bool has_footer = false;
  /// The block is of another version: neither whole nor damaged, as far as this program can tell.
  bool is_other_version = false;
  /// What is wrong, for a person: one entry for each damaged place.
  std::vector<std::string> damage;
  /// By segment and row group: whether all its spans can be read. Empty where no list of groups can
  /// be read.
  std::vector<std::vector<bool>> readable_groups;

  bool is_whole() const { return damage.empty() && !is_other_version; }
};

/// Reads every section and every chunk, decodes all of it, and checks that counts, bounds and the
/// index of traces agree with the rows. `file` is the block's. Holds one row group and the tables
/// of the block.
BlockCheck check_block(const BlockKey& key, std::shared_ptr<const ReadFile> file);

}  // namespace clew::store
