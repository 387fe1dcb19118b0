#include "store/compaction.h"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

#include "store/block_series.h"
#include "store/block_writer.h"
#include "store/start_time.h"

namespace clew::store {

using namespace block_format;

namespace {

/// A row group is written again if one of so many of its traces is in other segments too. The
/// pieces of fewer stay where they are: the block's index finds them all, and the row groups that a
/// flush cut through the middle of a second always have some.
constexpr uint64_t kDividedShare = 4;

/// A piece of a trace in a source.
struct Piece {
  TraceId id;
  UnixNanos start;
  uint32_t source;
  uint32_t group;
  uint32_t number;  // in the group
};

/// One segment of one of the blocks. Groups are read from the first to the last, now and then with
/// a step back.
class Source {
 public:
  static Result<std::unique_ptr<Source>> open(std::shared_ptr<const Block> block,
                                              const SegmentReader& segment) {
    auto rows = SegmentRows::open(segment);
    if (!rows) return std::unexpected(rows.error());
    return std::unique_ptr<Source>(new Source(std::move(block), std::move(*rows)));
  }

  SegmentRows& rows() { return *rows_; }
  std::vector<TraceId>& ids(uint32_t group) { return ids_[group]; }

  bool is_rewritten(uint32_t group) const { return rewritten_[group] != 0; }
  /// Notes that the group has a piece of a trace that other segments have too.
  void note_divided(uint32_t group) { ++divided_[group]; }
  void choose_rewritten() {
    for (uint32_t i = 0; i < rewritten_.size(); ++i)
      if (uint64_t{divided_[i]} * kDividedShare > ids_[i].size()) rewritten_[i] = 1;
  }
  void rewrite_all() { std::ranges::fill(rewritten_, 1); }
  uint64_t kept_rows() const {
    uint64_t rows = 0;
    for (uint32_t i = 0; i < rewritten_.size(); ++i)
      if (!is_rewritten(i)) rows += rows_->group(i).rows;
    return rows;
  }

  /// The group decoded, from the last few or now.
  Result<std::shared_ptr<HeldGroup>> group(uint32_t number) {
    for (const auto& held : held_)
      if (held && held->reader->number() == number) return held;
    // Before the first group: rows are told by all dictionaries.
    if (!loaded_)
      if (auto loaded = rows_->vocabulary().load_all(); !loaded)
        return std::unexpected(loaded.error());
    loaded_ = true;
    auto group = std::make_shared<HeldGroup>(rows_->read(number));
    if (auto read = group->reader->read_all(); !read) return std::unexpected(read.error());
    if (auto loaded = group->reader->load_rows(); !loaded) return std::unexpected(loaded.error());
    held_[next_++ % std::size(held_)] = group;
    return group;
  }

 private:
  Source(std::shared_ptr<const Block> block, std::unique_ptr<SegmentRows> rows)
      : block_(std::move(block)),
        rows_(std::move(rows)),
        ids_(rows_->groups()),
        divided_(rows_->groups()),
        rewritten_(rows_->groups()) {}

  std::shared_ptr<const Block> block_;
  std::unique_ptr<SegmentRows> rows_;
  std::vector<std::vector<TraceId>> ids_;  // by group
  std::vector<uint32_t> divided_;          // by group: traces that are in other segments too
  std::vector<uint8_t> rewritten_;         // by group
  bool loaded_ = false;
  std::shared_ptr<HeldGroup> held_[2];
  size_t next_ = 0;
};

class Merge {
 public:
  Merge(BlockOutput& out, const MergeOptions& options, const std::atomic<bool>& stop)
      : out_(out), options_(options), stop_(stop) {}

  Result<uint64_t> run(const CompactionJob& job) {
    for (const auto& block : job.sources)
      for (const SegmentReader& segment : block->reader().segments()) {
        auto source = Source::open(block, segment);
        if (!source) return std::unexpected(source.error());
        sources_.push_back(std::move(*source));
        if (auto listed = list_pieces(); !listed) return std::unexpected(listed.error());
      }
    choose_rewritten();
    for (const auto& source : sources_)
      if (auto copied = copy(*source); !copied) return std::unexpected(copied.error());
    return rewrite(job.rows);
  }

 private:
  std::unexpected<Error> stopped() const {
    return fail(Code::kUnavailable, "the store is shutting down");
  }

  /// Of the last source.
  Result<void> list_pieces() {
    auto number = static_cast<uint32_t>(sources_.size() - 1);
    Source& source = *sources_.back();
    for (uint32_t group = 0; group < source.rows().groups(); ++group) {
      if (source.rows().group(group).rows == 0) continue;
      auto reader = source.rows().read(group);
      auto ids = reader->trace_ids();
      if (!ids) return std::unexpected(ids.error());
      auto starts = reader->piece_starts();
      if (!starts) return std::unexpected(starts.error());
      source.ids(group).assign(ids->begin(), ids->end());
      for (uint32_t i = 0; i < ids->size(); ++i)
        pieces_.push_back({(*ids)[i], (*starts)[i], number, group, i});
    }
    return {};
  }

  void choose_rewritten() {
    std::ranges::sort(pieces_, {}, [](const Piece& piece) {
      return std::tuple(piece.id, piece.source, piece.group);
    });
    for (size_t begin = 0, end = 0; begin < pieces_.size(); begin = end) {
      while (end < pieces_.size() && pieces_[end].id == pieces_[begin].id) ++end;
      if (pieces_[begin].source == pieces_[end - 1].source) continue;
      for (size_t i = begin; i < end; ++i)
        sources_[pieces_[i].source]->note_divided(pieces_[i].group);
    }
    for (const auto& source : sources_) source->choose_rewritten();
    for (const auto& source : sources_)
      if (source->kept_rows() < options_.small_segment_rows) source->rewrite_all();
    std::erase_if(pieces_, [&](const Piece& piece) {
      return !sources_[piece.source]->is_rewritten(piece.group);
    });
  }

  /// What is not rewritten of a segment, as it stands.
  Result<void> copy(Source& source) {
    if (source.kept_rows() == 0) return {};
    SegmentRows& rows = source.rows();
    const SegmentReader& reader = rows.segment();
    Segment segment = reader.segment();
    std::vector<Group> groups;
    Chunks chunks{.begins = {0}, .refs = {}};
    std::vector<TraceId> ids;
    auto at = out_.position();
    if (!at) return std::unexpected(at.error());
    Segment copied{.groups_at = *at,
                   .tables_bytes = segment.tables_bytes,
                   .columns = segment.columns,
                   .column_count = segment.column_count};
    for (uint32_t number = 0; number < rows.groups(); ++number) {
      if (stop_) return stopped();
      const Group& group = rows.group(number);
      if (!source.is_rewritten(number)) {
        auto bytes = reader.group_bytes(group, number);
        if (!bytes) return std::unexpected(bytes.error());
        if (auto written = out_.write(*bytes); !written) return written;
        const Chunks& from = rows.chunks();
        chunks.refs.insert(chunks.refs.end(), from.refs.begin() + from.begins[number],
                           from.refs.begin() + from.begins[number + 1]);
        ids.insert(ids.end(), source.ids(number).begin(), source.ids(number).end());
      }
      groups.push_back(source.is_rewritten(number) ? Group{} : group);
      chunks.begins.push_back(static_cast<uint32_t>(chunks.refs.size()));
    }
    copied.tables_at = *out_.position();
    if (auto tables = copy_tables(reader); !tables) return tables;
    return out_.add_segment(copied, groups, chunks, ids);
  }

  Result<void> copy_tables(const SegmentReader& reader) {
    constexpr uint64_t kPieceBytes = 1 << 20;
    const Segment& segment = reader.segment();
    for (uint64_t at = 0; at < segment.tables_bytes; at += kPieceBytes) {
      uint64_t size = std::min(kPieceBytes, segment.tables_bytes - at);
      auto bytes = reader.file().file().read(segment.tables_at + at, size);
      if (!bytes) return std::unexpected(bytes.error());
      if (auto written = out_.write(*bytes); !written) return written;
    }
    return {};
  }

  /// The traces of the other groups, in order of their start, as a new segment.
  Result<uint64_t> rewrite(uint64_t expected_rows) {
    SegmentWriter writer(out_, expected_rows);
    std::vector<std::unique_ptr<SourceMap>> maps(sources_.size());
    order_pieces();
    for (size_t begin = 0, end = 0; begin < pieces_.size(); begin = end) {
      if (stop_) return stopped();
      while (end < pieces_.size() && pieces_[end].id == pieces_[begin].id) ++end;
      if (auto merged = rewrite_trace(writer, maps, begin, end); !merged)
        return std::unexpected(merged.error());
    }
    if (auto finished = writer.finish(); !finished) return std::unexpected(finished.error());
    return writer.duplicates();
  }

  /// By the start of the whole trace, the pieces of a trace together.
  void order_pieces() {
    for (size_t begin = 0, end = 0; begin < pieces_.size(); begin = end) {
      UnixNanos start = 0;
      for (; end < pieces_.size() && pieces_[end].id == pieces_[begin].id; ++end)
        start = earlier(start, pieces_[end].start);
      for (size_t i = begin; i < end; ++i) pieces_[i].start = start;
    }
    std::ranges::sort(pieces_, {}, [](const Piece& piece) {
      return std::tuple(piece.start, piece.id, piece.source, piece.group);
    });
  }

  Result<void> rewrite_trace(SegmentWriter& writer, std::vector<std::unique_ptr<SourceMap>>& maps,
                             size_t begin, size_t end) {
    spans_.clear();
    std::vector<std::shared_ptr<HeldGroup>> held;
    for (size_t i = begin; i < end; ++i) {
      const Piece& piece = pieces_[i];
      auto group = sources_[piece.source]->group(piece.group);
      if (!group) return std::unexpected(group.error());
      GroupReader& reader = *(*group)->reader;
      std::unique_ptr<SourceMap>& map = maps[piece.source];
      if (!map) map = std::make_unique<SourceMap>(reader.vocabulary(), writer.tables());
      std::span<const uint32_t> ends = *reader.piece_ends();
      for (uint32_t row = piece.number == 0 ? 0 : ends[piece.number - 1]; row < ends[piece.number];
           ++row)
        spans_.push_back({map.get(), &(*group)->vocabulary, reader.row(row)});
      if (held.empty() || held.back() != *group) held.push_back(std::move(*group));
    }
    for (auto& group : held) writer.keep(std::move(group));
    return writer.add_trace(pieces_[begin].id, spans_);
  }

  BlockOutput& out_;
  const MergeOptions& options_;
  const std::atomic<bool>& stop_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<Piece> pieces_;
  std::vector<SourceRow> spans_;
};

uint64_t day_of(const Block& block) {
  return partition_of(block.footer().newest_trace_start, block.footer().written_at);
}

/// Blocks of a class have up to eight times the rows of the one below.
int class_of(const Block& block) {
  return std::bit_width(block.footer().spans) / 3;
}

}  // namespace

std::vector<CompactionJob> plan_compaction(const Tenant& tenant,
                                           std::vector<std::shared_ptr<const Block>> blocks,
                                           bool all) {
  std::map<std::pair<uint64_t, int>, std::vector<std::shared_ptr<const Block>>> classes;
  for (auto& block : blocks) classes[{day_of(*block), all ? 0 : class_of(*block)}].push_back(block);
  std::vector<CompactionJob> jobs;
  for (auto& [key, members] : classes) {
    std::ranges::sort(members, {}, [](const auto& block) {
      return std::tuple(block->footer().newest_trace_start, block->key().id);
    });
    CompactionJob job{tenant, {}, 0};
    auto finish = [&] {
      if (job.sources.size() >= (all ? 2 : kMergedBlocks)) jobs.push_back(std::move(job));
      job = {tenant, {}, 0};
    };
    for (auto& block : members) {
      if (job.rows + block->footer().spans > kMaxBlockRows) finish();
      job.rows += block->footer().spans;
      job.sources.push_back(block);
      if (!all && job.sources.size() == kMergedBlocks) finish();
    }
    finish();
  }
  return jobs;
}

Result<uint64_t> merge_blocks(const CompactionJob& job, BlockOutput& out,
                              const MergeOptions& options, const std::atomic<bool>& stop) {
  auto duplicates = Merge(out, options, stop).run(job);
  if (!duplicates) return duplicates;
  if (auto footer = out.finish(options.log_end, options.now); !footer)
    return std::unexpected(footer.error());
  return duplicates;
}

}  // namespace clew::store
