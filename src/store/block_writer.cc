#include "store/block_writer.h"

#include <utility>

#include "store/context_choice.h"
#include "store/group_encoder.h"

namespace clew::store {

using namespace block_format;

Result<void> SegmentWriter::add_trace(const TraceId& id, std::span<const SourceRow> rows) {
  builder_.begin_trace(id, rows);
  std::vector<std::shared_ptr<const void>> owners = std::exchange(owners_, {});
  for (;;) {
    if (!builder_.add_next(group_, kMaxGroupRows - group_.rows())) return {};
    // Each group that has rows of the trace may be written long after the others.
    group_.keep.insert(group_.keep.end(), owners.begin(), owners.end());
    ids_.push_back(id);
    rows_ += group_.traces.back().rows;
    if (group_.rows() >= group_rows_ || group_.literal_bytes >= kGroupLiteralBytes)
      if (auto closed = close_group(); !closed) return closed;
  }
}

Result<void> SegmentWriter::close_group() {
  if (group_.rows() == 0) return {};
  if (learned_) {
    auto written = write_group(group_);
    group_.clear();
    return written;
  }
  learning_.push_back(std::exchange(group_, {}));
  return learning_.size() < kLearnGroups ? Result<void>() : learn();
}

Result<void> SegmentWriter::learn() {
  learned_ = true;
  choose_contexts(learning_, expected_rows_, tables_);
  for (const GroupData& group : std::exchange(learning_, {}))
    if (auto written = write_group(group); !written) return written;
  return {};
}

Result<void> SegmentWriter::write_group(const GroupData& data) {
  auto at = out_.position();
  if (!at) return std::unexpected(at.error());
  if (groups_.empty()) segment_.groups_at = *at;
  EncodedGroup encoded = encode_group(static_cast<uint32_t>(groups_.size()), data, tables_);
  groups_.push_back(encoded.group);
  chunks_.refs.insert(chunks_.refs.end(), encoded.chunks.begin(), encoded.chunks.end());
  chunks_.begins.push_back(static_cast<uint32_t>(chunks_.refs.size()));
  return out_.write(encoded.bytes);
}

Result<void> SegmentWriter::finish() {
  auto closed =
      in_order([&] { return close_group(); }, [&] { return learned_ ? Result<void>() : learn(); });
  if (!closed) return closed;
  if (groups_.empty()) return {};
  auto at = out_.position();
  if (!at) return std::unexpected(at.error());
  segment_.tables_at = *at;
  auto columns = write_columns(*at);
  if (!columns) return std::unexpected(columns.error());
  auto directory = out_.write_section(encode_columns(*columns), *at);
  if (!directory) return std::unexpected(directory.error());
  segment_.columns = *directory;
  segment_.column_count = static_cast<uint32_t>(columns->size());
  segment_.tables_bytes = *out_.position() - *at;
  return out_.add_segment(segment_, groups_, chunks_, ids_);
}

Result<std::vector<Column>> SegmentWriter::write_columns(uint64_t base) {
  std::vector<Column> columns;
  for (const auto& column : tables_.columns()) {
    std::vector<std::string_view> values;
    for (uint32_t code = 0; code < column->values.size(); ++code)
      values.push_back(column->values[code]);
    std::string ranks, templates, presence;
    column->ranks.encode(ranks);
    column->templates.encode(templates);
    column->presence.encode(presence);
    Column entry{.key = column->key,
                 .values = static_cast<uint32_t>(values.size()),
                 .context = column->context,
                 .has_literals = column->has_literals};
    for (auto [place, raw] : {std::pair{&entry.dictionary, encode_values(values)},
                              {&entry.ranks, std::move(ranks)},
                              {&entry.templates, std::move(templates)},
                              {&entry.presence, std::move(presence)}}) {
      auto ref = out_.write_section(raw, base);
      if (!ref) return std::unexpected(ref.error());
      *place = *ref;
    }
    columns.push_back(std::move(entry));
  }
  return columns;
}

}  // namespace clew::store
