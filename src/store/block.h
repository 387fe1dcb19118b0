// Reading one block. block_format.h draws it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "store/block_format.h"
#include "store/block_storage.h"
#include "store/cache.h"
#include "store/part.h"

namespace clew::store {

/// An open block. Holds its footer and trace filter in memory; the rest is read when a query needs
/// it and kept in the cache. Any thread. What is damaged is reported once in the log, counted once,
/// and every query that needs it gets an error.
class Block final : public Part {
 public:
  /// Reads footer and trace filter. Fails with kMalformed if the footer is damaged, with
  /// kUnsupported if it is of another version. `cache` and `damaged` must outlive the block.
  static Result<std::shared_ptr<const Block>> open(StoredBlock stored,
                                                   std::shared_ptr<const ReadFile> file,
                                                   Cache& cache, std::atomic<uint64_t>& damaged);
  ~Block() override;

  const BlockKey& key() const { return stored_.key; }
  uint64_t size_bytes() const { return stored_.size_bytes; }
  const block_format::Footer& footer() const { return footer_; }

  UnixNanos newest_trace_start() const override { return footer_.newest_trace_start; }
  bool may_match(const Filter& filter) const override;
  Result<std::unique_ptr<PartSearch>> search(const Filter& filter) const override;
  Result<std::optional<UnixNanos>> start_of(const TraceId& id) const override;
  Result<void> visit_spans(const TraceId& id, const SpanVisitor& visit) const override;
  Result<void> visit_operations(const OperationVisitor& visit) const override;

 private:
  friend class BlockSearch;

  using Groups = std::vector<block_format::RowGroup>;
  using Operations = std::vector<OperationKey>;

  /// What a Cache::Key's `kind` says beside the numbers of sections.
  static constexpr uint32_t kRowGroup = block_format::kSections;

  Block(StoredBlock stored, std::shared_ptr<const ReadFile> file, Cache& cache,
        std::atomic<uint64_t>& damaged);

  Result<std::shared_ptr<const Operations>> operations() const;
  Result<std::shared_ptr<const Groups>> groups() const;
  Result<std::shared_ptr<const block_format::Traces>> traces() const;
  Result<std::shared_ptr<const std::string>> tag_filters() const;
  /// The spans of a row group.
  Result<std::shared_ptr<const otlp::Batch>> row_group(const Groups& groups, uint32_t number) const;

  template <typename T, typename Decode>
  Result<std::shared_ptr<const T>> section(block_format::Section section, Decode&& decode) const;
  Result<std::string> read_section(block_format::Section section) const;
  Result<Cache::Loaded<otlp::Batch>> read_row_group(const block_format::RowGroup& group) const;
  Error damage(uint32_t kind, uint32_t number, const Error& error) const;

  StoredBlock stored_;
  std::shared_ptr<const ReadFile> file_;
  Cache& cache_;
  std::atomic<uint64_t>& damaged_;
  uint64_t number_;  // of this object, for the cache
  block_format::Footer footer_;
  std::string trace_filter_;
  bool has_trace_filter_ = false;  // false if it is damaged: any trace may be here

  mutable std::mutex mutex_;
  mutable std::set<std::pair<uint32_t, uint32_t>> reported_;
};

}  // namespace clew::store
