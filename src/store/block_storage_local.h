// Blocks as files: <directory>/<tenant>/<id>.block, written as <id>.tmp and renamed when they are
// safe.
#pragma once

#include <memory>
#include <string>

#include "base/disk.h"
#include "store/block_storage.h"

namespace clew::store {

class BlockStorageLocal final : public BlockStorage {
 public:
  /// Creates the directory if it is missing and removes what unfinished uploads left behind.
  static Result<std::unique_ptr<BlockStorageLocal>> open(Disk& disk, std::string directory);

  /// The same for one who only reads, perhaps beside a running server: changes nothing.
  static std::unique_ptr<BlockStorageLocal> attach(Disk& disk, std::string directory);

  Result<std::unique_ptr<BlockUpload>> create(const BlockKey& key) override;
  Result<std::shared_ptr<const ReadFile>> open(const BlockKey& key) override;
  Result<std::vector<StoredBlock>> list() override;
  Result<void> remove(const BlockKey& key) override;

  std::string directory_of(const Tenant& tenant) const { return directory_ + "/" + tenant.name(); }
  std::string path_of(const BlockKey& key) const;

 private:
  BlockStorageLocal(Disk& disk, std::string directory)
      : disk_(disk), directory_(std::move(directory)) {}

  Disk& disk_;
  std::string directory_;
};

}  // namespace clew::store
