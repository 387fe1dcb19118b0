#include "store/admin/verify.h"

#include "store/block_storage_local.h"

namespace clew::store {
namespace {

class Verifier {
 public:
  Verifier(Disk& disk, const std::string& directory, const VerifyEvents& events)
      : disk_(disk), directory_(directory), events_(events) {}

  Result<VerifySummary> run() {
    auto storage = BlockStorageLocal::attach(disk_, directory_ + "/blocks");
    auto blocks = storage->list();
    if (!blocks && blocks.error().code == Code::kNotFound)
      return fail(Code::kNotFound, "no store in {}: {}", directory_, blocks.error().message);
    if (!blocks) return std::unexpected(blocks.error());
    auto log = LogView::open(disk_, directory_ + "/log");
    // A store in memory has none, nor has a directory that was copied without it.
    if (!log && log.error().code != Code::kNotFound) return std::unexpected(log.error());
    if (log) all_bytes_ += log->bytes();
    for (const StoredBlock& block : *blocks) all_bytes_ += block.size_bytes;
    auto done = in_order([&] { return log ? verify_log(*log) : Result<void>(); },
                         [&] { return verify_blocks(*storage, *blocks); });
    if (!done) return std::unexpected(done.error());
    return summary_;
  }

 private:
  Result<void> verify_log(const LogView& log) {
    for (size_t i = 0; i < log.segments().size(); ++i) {
      auto check = check_segment(log, i);
      if (!check) return std::unexpected(check.error());
      ++summary_.segments;
      summary_.damaged_segments += check->is_whole() ? 0 : 1;
      summary_.log_records += check->records;
      summary_.log_spans += check->spans;
      if (events_.segment) events_.segment(*check);
      advance(check->bytes);
    }
    return {};
  }

  Result<void> verify_blocks(BlockStorage& storage, const std::vector<StoredBlock>& blocks) {
    for (const StoredBlock& block : blocks) {
      auto file = storage.open(block.key);
      if (!file && file.error().code != Code::kNotFound) return std::unexpected(file.error());
      if (file)
        count(check_block(block.key, std::move(*file)));
      else
        ++summary_.vanished_blocks;
      advance(block.size_bytes);
    }
    return {};
  }

  void count(const BlockCheck& check) {
    ++summary_.blocks;
    summary_.other_versions += check.is_other_version ? 1 : 0;
    summary_.damaged_blocks += check.is_whole() || check.is_other_version ? 0 : 1;
    summary_.spans += check.spans;
    summary_.traces += check.traces;
    if (events_.block) events_.block(check);
  }

  void advance(uint64_t bytes) {
    summary_.bytes += bytes;
    if (events_.progress) events_.progress(summary_.bytes, all_bytes_);
  }

  Disk& disk_;
  const std::string& directory_;
  const VerifyEvents& events_;
  VerifySummary summary_;
  uint64_t all_bytes_ = 0;
};

}  // namespace

Result<VerifySummary> verify_store(Disk& disk, const std::string& directory,
                                   const VerifyEvents& events) {
  return Verifier(disk, directory, events).run();
}

}  // namespace clew::store
