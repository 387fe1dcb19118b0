// The sections of one block, read when they are needed and kept in the cache.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/block_format.h"
#include "store/block_storage.h"
#include "store/cache.h"
#include "store/codec/presence.h"
#include "store/codec/ranks.h"
#include "store/codec/texts.h"

namespace clew::store {

/// A dictionary: its values by code.
struct BlockValues {
  std::unique_ptr<const std::string> bytes;  // stays in its place when this is moved
  std::vector<std::string_view> values;      // views of bytes
};

/// The file of an open block, and what was found damaged in it: each place is reported once in the
/// log and counted once. Any thread.
class BlockFile {
 public:
  /// `cache` and `damaged` must outlive it.
  BlockFile(StoredBlock stored, std::shared_ptr<const ReadFile> file, Cache& cache,
            std::atomic<uint64_t>& damaged);
  ~BlockFile();

  const BlockKey& key() const { return stored_.key; }
  const ReadFile& file() const { return *file_; }
  Cache& cache() const { return cache_; }
  uint64_t number() const { return number_; }  // of this object, for the cache

  Result<std::string> read(const block_format::SectionRef& ref, uint64_t base = 0) const;
  /// Reports damage at a place, and gives the error with the place's name.
  Error damage(const std::string& place, const Error& error) const;

 private:
  StoredBlock stored_;
  std::shared_ptr<const ReadFile> file_;
  Cache& cache_;
  std::atomic<uint64_t>& damaged_;
  uint64_t number_;

  mutable std::mutex mutex_;
  mutable std::set<std::string> reported_;
};

/// One segment of an open block. Any thread. Whoever needs what is damaged gets an error.
class SegmentReader {
 public:
  using Columns = std::vector<block_format::Column>;
  using Groups = std::vector<block_format::Group>;
  template <typename T>
  using Loaded = Result<std::shared_ptr<const T>>;

  /// `file` must outlive it.
  SegmentReader(const BlockFile& file, const block_format::Segment& segment, uint32_t number)
      : file_(file), segment_(segment), number_(number) {}

  const BlockFile& file() const { return file_; }
  const block_format::Segment& segment() const { return segment_; }
  uint32_t number() const { return number_; }  // in the block

  Loaded<Columns> columns() const;
  Loaded<Groups> groups() const;
  Loaded<block_format::Chunks> chunks() const;
  Loaded<BlockValues> values(const Columns& columns, uint32_t column) const;
  Loaded<codec::RankTable> ranks(const Columns& columns, uint32_t column) const;
  Loaded<codec::Templates> templates(const Columns& columns, uint32_t column) const;
  Loaded<codec::Presence> presence(const Columns& columns, uint32_t column) const;

  /// The content of a chunk, checked. `whole` are the group's bytes if they have been read.
  Result<std::string> chunk(const block_format::Group& group, uint32_t number,
                            const block_format::ChunkRef& ref, std::string_view whole = {}) const;
  Result<std::string> group_bytes(const block_format::Group& group, uint32_t number) const;

  /// Reports that group `number` does not decode.
  Error damaged_group(uint32_t number, const Error& error) const;

 private:
  enum Kind : uint32_t { kColumns, kGroups, kChunks, kValues, kRanks, kTemplates, kPresence };

  template <typename T, typename Decode>
  Loaded<T> load(Kind kind, uint32_t number, const block_format::SectionRef& ref, uint64_t base,
                 Decode&& decode) const;

  const BlockFile& file_;
  block_format::Segment segment_;
  uint32_t number_;
};

/// An open block. Holds its footer and its list of segments in memory. Any thread.
class BlockReader {
 public:
  /// Reads footer and segments. Fails with kMalformed if they are damaged, with kUnsupported if
  /// they are of another version. `cache` and `damaged` must outlive the reader.
  static Result<std::unique_ptr<BlockReader>> open(StoredBlock stored,
                                                   std::shared_ptr<const ReadFile> file,
                                                   Cache& cache, std::atomic<uint64_t>& damaged);

  const BlockKey& key() const { return file_.key(); }
  uint64_t size_bytes() const { return file_.file().size(); }
  const block_format::Footer& footer() const { return footer_; }
  const std::vector<SegmentReader>& segments() const { return segments_; }
  const BlockFile& file() const { return file_; }

  /// Numbers of the traces that may be `id` in one of its forms.
  Result<std::vector<uint32_t>> find_trace(const TraceId& id) const;
  /// The segment that has a trace, by the trace's number in the block.
  const SegmentReader& segment_of(uint32_t trace) const;

  /// Reads the index of traces and checks it.
  Result<void> verify_trace_index() const;

 private:
  BlockReader(StoredBlock stored, std::shared_ptr<const ReadFile> file, Cache& cache,
              std::atomic<uint64_t>& damaged)
      : file_(std::move(stored), std::move(file), cache, damaged) {}

  BlockFile file_;
  block_format::Footer footer_;
  std::vector<SegmentReader> segments_;
};

}  // namespace clew::store
