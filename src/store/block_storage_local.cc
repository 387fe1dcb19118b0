#include "store/block_storage_local.h"

#include "base/log.h"

namespace clew::store {
namespace {

constexpr std::string_view kBlock = ".block";
constexpr std::string_view kUnfinished = ".tmp";
/// Small pieces are gathered before they are written.
constexpr size_t kBufferBytes = 1 << 20;

class LocalUpload final : public BlockUpload {
 public:
  LocalUpload(Disk& disk, std::unique_ptr<AppendFile> file, std::string directory,
              const std::string& id)
      : disk_(disk),
        file_(std::move(file)),
        directory_(std::move(directory)),
        unfinished_(directory_ + "/" + id + std::string(kUnfinished)),
        finished_(directory_ + "/" + id + std::string(kBlock)) {}

  ~LocalUpload() override {
    if (committed_) return;
    file_.reset();
    if (auto removed = disk_.remove(unfinished_); !removed)
      log::warn("blocks: {}", removed.error().message);
  }

  Result<void> append(std::string_view bytes) override {
    buffer_ += bytes;
    return buffer_.size() < kBufferBytes ? Result<void>() : write_buffer();
  }

  Result<void> commit() override {
    if (auto written = write_buffer(); !written) return written;
    if (auto synced = file_->sync(); !synced) return synced;
    file_.reset();
    if (auto renamed = disk_.rename(unfinished_, finished_); !renamed) return renamed;
    committed_ = true;
    auto synced = disk_.sync_directory(directory_);
    // Both or neither: a name that may be lost again must not be seen.
    if (!synced && !disk_.remove(finished_))
      log::warn("blocks: {} may stay although it was refused", finished_);
    return synced;
  }

 private:
  Result<void> write_buffer() {
    auto written = file_->append(buffer_);
    buffer_.clear();
    return written;
  }

  Disk& disk_;
  std::unique_ptr<AppendFile> file_;
  std::string directory_, unfinished_, finished_;
  std::string buffer_;
  bool committed_ = false;
};

}  // namespace

Result<std::unique_ptr<BlockStorageLocal>> BlockStorageLocal::open(Disk& disk,
                                                                   std::string directory) {
  std::unique_ptr<BlockStorageLocal> storage(new BlockStorageLocal(disk, std::move(directory)));
  if (auto made = disk.create_directories(storage->directory_); !made)
    return std::unexpected(made.error());
  auto tenants = disk.list(storage->directory_);
  if (!tenants) return std::unexpected(tenants.error());
  for (const std::string& tenant : *tenants) {
    std::string path = storage->directory_ + "/" + tenant;
    auto names = disk.list(path);
    if (!names) continue;  // not a directory of ours
    for (const std::string& name : *names) {
      if (!name.ends_with(kUnfinished)) continue;
      if (auto removed = disk.remove(fmt::format("{}/{}", path, name)); !removed)
        log::warn("blocks: {}", removed.error().message);
    }
  }
  return storage;
}

std::unique_ptr<BlockStorageLocal> BlockStorageLocal::attach(Disk& disk, std::string directory) {
  return std::unique_ptr<BlockStorageLocal>(new BlockStorageLocal(disk, std::move(directory)));
}

std::string BlockStorageLocal::path_of(const BlockKey& key) const {
  return directory_of(key.tenant) + "/" + key.id + std::string(kBlock);
}

Result<std::unique_ptr<BlockUpload>> BlockStorageLocal::create(const BlockKey& key) {
  std::string directory = directory_of(key.tenant);
  if (auto made = disk_.create_directories(directory); !made) return std::unexpected(made.error());
  auto file = disk_.open_append(directory + "/" + key.id + std::string(kUnfinished));
  if (!file) return std::unexpected(file.error());
  // A former upload of that name may have failed and not been removed.
  if ((*file)->size() > 0)
    if (auto cut = (*file)->truncate(0); !cut) return std::unexpected(cut.error());
  return std::make_unique<LocalUpload>(disk_, std::move(*file), std::move(directory), key.id);
}

Result<std::shared_ptr<const ReadFile>> BlockStorageLocal::open(const BlockKey& key) {
  return disk_.open_read(path_of(key));
}

Result<std::vector<StoredBlock>> BlockStorageLocal::list() {
  auto tenants = disk_.list(directory_);
  if (!tenants) return std::unexpected(tenants.error());
  std::vector<StoredBlock> blocks;
  for (const std::string& name : *tenants) {
    auto tenant = Tenant::parse(name);
    if (!tenant) continue;
    auto files = disk_.list(directory_of(*tenant));
    if (!files) continue;  // not a directory of ours
    for (const std::string& file : *files) {
      if (!file.ends_with(kBlock)) continue;
      BlockKey key{*tenant, file.substr(0, file.size() - kBlock.size())};
      auto opened = disk_.open_read(path_of(key));
      // Removed by another process since the directory was read.
      if (!opened && opened.error().code == Code::kNotFound) continue;
      if (!opened) return std::unexpected(opened.error());
      blocks.push_back({std::move(key), (*opened)->size()});
    }
  }
  return blocks;
}

Result<void> BlockStorageLocal::remove(const BlockKey& key) {
  if (auto removed = disk_.remove(path_of(key)); !removed) return removed;
  return disk_.sync_directory(directory_of(key.tenant));
}

}  // namespace clew::store
