// From the rows of a row group to its bytes. block_format.h draws them.
#pragma once

#include <string>
#include <vector>

#include "store/block_format.h"
#include "store/group_builder.h"

namespace clew::store {

struct EncodedGroup {
  std::string bytes;
  std::vector<block_format::ChunkRef> chunks;
  block_format::Group group;  // without its place in the file
};

/// Encodes group number `number` of the block; the block's rank tables, templates and presences
/// grow by what is new in it. The contexts must have been chosen.
EncodedGroup encode_group(uint32_t number, const GroupData& data, BlockTables& tables);

}  // namespace clew::store
