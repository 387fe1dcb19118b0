#include "store/admin/rewrite_block.h"

#include <algorithm>
#include <atomic>

#include "store/block.h"
#include "store/block_writer.h"

namespace clew::store {
namespace {

using namespace block_format;

/// Writes one segment again, without the groups that cannot be read.
class Rewrite {
 public:
  Rewrite(BlockOutput& out, SegmentRows& rows)
      : rows_(rows),
        writer_(out, rows.segment().segment().spans),
        map_(rows.vocabulary(), writer_.tables()) {}

  Result<void> run(const std::vector<bool>& readable, Rewritten& result) {
    for (uint32_t number = 0; number < rows_.groups(); ++number) {
      if (rows_.group(number).rows == 0) continue;
      if (!readable[number]) {
        result.lost_spans += rows_.group(number).rows;
        result.lost_traces += rows_.group(number).traces;
      } else if (auto added = add_group(number); !added) {
        return added;
      }
    }
    if (auto ended = end_trace(); !ended) return ended;
    return writer_.finish();
  }

 private:
  Result<void> add_group(uint32_t number) {
    auto group = std::make_shared<HeldGroup>(rows_.read(number));
    GroupReader& reader = *group->reader;
    auto loaded = in_order([&] { return reader.read_all(); }, [&] { return reader.load_rows(); });
    if (!loaded) return loaded;
    auto ids = reader.trace_ids();
    if (!ids) return std::unexpected(ids.error());
    auto ends = reader.piece_ends();
    if (!ends) return std::unexpected(ends.error());
    uint32_t row = 0;
    for (size_t piece = 0; piece < ids->size(); ++piece) {
      // Pieces of one trace stand one behind the other.
      if ((*ids)[piece] != id_)
        if (auto ended = end_trace(); !ended) return ended;
      id_ = (*ids)[piece];
      for (; row < (*ends)[piece]; ++row)
        spans_.push_back({&map_, &group->vocabulary, reader.row(row)});
      if (held_.empty() || held_.back() != group) held_.push_back(group);
    }
    return {};
  }

  Result<void> end_trace() {
    if (spans_.empty()) return {};
    for (auto& group : held_) writer_.keep(std::move(group));
    held_.clear();
    auto added = writer_.add_trace(id_, spans_);
    spans_.clear();
    return added;
  }

  SegmentRows& rows_;
  SegmentWriter writer_;
  SourceMap map_;
  TraceId id_;  // of the trace that is being gathered
  std::vector<SourceRow> spans_;
  std::vector<std::shared_ptr<HeldGroup>> held_;
};

}  // namespace

Result<Rewritten> rewrite_block(BlockStorage& storage, const BlockCheck& check,
                                std::shared_ptr<const ReadFile> file, UnixNanos now) {
  auto has_readable = [](const std::vector<bool>& groups) {
    return std::ranges::find(groups, true) != groups.end();
  };
  if (std::ranges::none_of(check.readable_groups, has_readable))
    return fail(Code::kMalformed, "nothing of the block can be read");
  Cache cache(64 << 20);
  std::atomic<uint64_t> damaged = 0;
  auto block = BlockReader::open({check.key, 0}, std::move(file), cache, damaged);
  if (!block) return std::unexpected(block.error());
  auto upload = storage.create(check.key);
  if (!upload) return std::unexpected(upload.error());
  BlockOutput out(**upload);
  Rewritten result;
  for (const SegmentReader& segment : (*block)->segments()) {
    const std::vector<bool>& readable = check.readable_groups[segment.number()];
    if (!has_readable(readable)) {
      result.lost_spans += segment.segment().spans;
      result.lost_traces += segment.segment().traces;
      continue;
    }
    auto rows = SegmentRows::open(segment);
    if (!rows) return std::unexpected(rows.error());
    // Dictionaries that cannot be loaded are needed by no row that can be read.
    if (auto written = Rewrite(out, **rows).run(readable, result); !written)
      return std::unexpected(written.error());
  }
  const block_format::Footer& old = (*block)->footer();
  auto footer = out.finish(result.lost_spans == 0 ? old.log_end : 0, std::max(now, old.written_at));
  if (!footer) return std::unexpected(footer.error());
  result.spans = footer->spans;
  return result;
}

}  // namespace clew::store
