// Where blocks live. A block is an immutable file; the local form is block_storage_local.h, DESIGN
// has an S3-compatible object store as another.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "base/result.h"
#include "base/tenant.h"

namespace clew::store {

/// Names one block. `id` is of [0-9a-z-].
struct BlockKey {
  Tenant tenant;
  std::string id;

  auto operator<=>(const BlockKey&) const = default;
};

struct StoredBlock {
  BlockKey key;
  uint64_t size_bytes;
};

/// A block being written. It does not exist for anybody before commit() succeeded; destroying the
/// upload without it leaves nothing behind.
class BlockUpload {
 public:
  virtual ~BlockUpload() = default;
  virtual Result<void> append(std::string_view bytes) = 0;
  /// Makes the block durable and visible under its key, both or neither.
  virtual Result<void> commit() = 0;
};

class BlockStorage {
 public:
  virtual ~BlockStorage() = default;

  virtual Result<std::unique_ptr<BlockUpload>> create(const BlockKey& key) = 0;

  /// Ranged reads of a block. What was opened stays readable after remove().
  virtual Result<std::shared_ptr<const ReadFile>> open(const BlockKey& key) = 0;

  /// Every block of every tenant, sorted by key.
  virtual Result<std::vector<StoredBlock>> list() = 0;

  virtual Result<void> remove(const BlockKey& key) = 0;
};

}  // namespace clew::store
