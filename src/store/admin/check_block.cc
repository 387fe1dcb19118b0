#include "store/admin/check_block.h"

#include <algorithm>
#include <atomic>

#include "store/admin/column_name.h"
#include "store/block.h"

namespace clew::store {
namespace {

using namespace block_format;

class Check {
 public:
  Check(const BlockKey& key, std::shared_ptr<const ReadFile> file) : file_(std::move(file)) {
    check_.key = key;
    check_.bytes = file_->size();
  }

  BlockCheck run() {
    auto block = BlockReader::open({check_.key, 0}, file_, cache_, damaged_);
    if (!block) {
      check_.is_other_version = block.error().code == Code::kUnsupported;
      damage("footer", block.error().message);
      return std::move(check_);
    }
    block_ = std::move(*block);
    check_.has_footer = true;
    check_.spans = block_->footer().spans;
    check_.traces = block_->footer().traces;
    check_magic();
    check_index();
    for (const SegmentReader& segment : block_->segments()) {
      segment_ = &segment;
      check_.readable_groups.emplace_back();
      check_groups();
    }
    return std::move(check_);
  }

 private:
  void damage(std::string_view where, std::string_view what) {
    check_.damage.push_back(fmt::format("{}: {}", where, what));
  }
  /// False and an entry if the result is an error.
  template <typename T>
  bool note(const T& result) {
    if (result) return true;
    // Errors of the reader begin with the name of the block, which is told elsewhere.
    std::string_view text = result.error().message;
    std::string name = fmt::format("block {}/{}: ", check_.key.tenant.name(), check_.key.id);
    if (text.starts_with(name)) text.remove_prefix(name.size());
    check_.damage.emplace_back(text);
    return false;
  }

  void check_magic() {
    auto magic = file_->read(0, kMagic.size());
    if (!magic || *magic != kMagic) damage("beginning", "is not that of a block");
  }

  void check_index() {
    auto whole = block_->verify_trace_index();
    index_is_whole_ = note(whole);
  }

  /// Of the segment.
  void check_groups() {
    std::vector<bool>& readable = check_.readable_groups.back();
    auto groups = segment_->groups();
    if (note(groups)) readable.assign((*groups)->size(), false);
    auto chunks = segment_->chunks();
    if (groups) note(chunks);
    auto columns = segment_->columns();
    if (!note(columns)) return;
    columns_ = *columns;
    check_columns();
    if (!chunks || !rows_readable_) return;
    chunks_ = *chunks;
    auto rows = SegmentRows::open(*segment_);
    if (!note(rows)) return;
    rows_ = std::move(*rows);
    check_vocabulary();
    for (uint32_t number = 0; number < rows_->groups(); ++number) {
      auto checked = rows_->group(number).rows == 0 ? Result<void>() : check_group(number);
      if (!checked) damage(place("row group {}", number), checked.error().message);
      readable[number] = checked.has_value();
    }
  }

  /// A place of the segment, as the reader names it.
  template <typename... Args>
  std::string place(fmt::format_string<Args...> format, Args&&... args) const {
    return fmt::format("segment {}: {}", segment_->number(),
                       fmt::format(format, std::forward<Args>(args)...));
  }

  /// Every table of every column.
  void check_columns() {
    bad_values_.assign(columns_->size(), false);
    rows_readable_ = true;
    for (uint32_t column = 0; column < columns_->size(); ++column) {
      std::string name = column_name((*columns_)[column].key, column);
      auto check = [&](std::string_view what, const auto& result) {
        if (!result) damage(place("{} of column {}", what, name), reason(result.error()));
        return result.has_value();
      };
      bad_values_[column] = !check("dictionary", segment_->values(*columns_, column));
      check("ranks", segment_->ranks(*columns_, column));
      check("templates", segment_->templates(*columns_, column));
      check("presence", segment_->presence(*columns_, column));
    }
    for (uint32_t column = 0; column < kOwnColumns; ++column)
      rows_readable_ = rows_readable_ && !bad_values_[column];
  }

  /// Without the name of the block and of the section.
  static std::string_view reason(const Error& error) {
    std::string_view text = error.message;
    return text.substr(std::min(text.size(), text.rfind(": ") + 2));
  }

  void check_vocabulary() {
    BlockVocabulary& vocabulary = rows_->vocabulary();
    uint32_t broken = 0;
    OperationParts operation;
    GroupParts group;
    for (uint32_t i = 0; i < vocabulary.operations(); ++i)
      broken += parse_operation(vocabulary.operation(i), operation) ? 0 : 1;
    for (uint32_t i = 0; i < vocabulary.resources(); ++i)
      broken += parse_group(vocabulary.resource(i), group) ? 0 : 1;
    for (uint32_t i = 0; i < vocabulary.scopes(); ++i)
      broken += parse_group(vocabulary.scope(i), group) ? 0 : 1;
    uint32_t shapes = vocabulary.shapes();
    if (broken > 0) damage(place("dictionaries"), fmt::format("{} entries do not decode", broken));
    if (shapes > 0 && vocabulary.error()) damage(place("shapes"), vocabulary.error()->message);
  }

  Result<void> check_group(uint32_t number) {
    auto group = rows_->read(number);
    return in_order([&] { return group->read_all(); }, [&] { return check_chunks(*group); },
                    [&] { return group->load_rows(); }, [&] { return check_cells(*group); },
                    [&] { return check_bounds(*group); }, [&] { return check_found(*group); });
  }

  Result<void> check_chunks(GroupReader& group) {
    auto whole = segment_->group_bytes(group.group(), group.number());
    if (!whole) return std::unexpected(whole.error());
    uint64_t end = 0;
    for (uint32_t at = chunks_->begins[group.number()]; at < chunks_->begins[group.number() + 1];
         ++at) {
      const ChunkRef& ref = chunks_->refs[at];
      auto chunk = segment_->chunk(group.group(), group.number(), ref, *whole);
      if (!chunk) return fail(Code::kMalformed, "chunk {}: {}", ref.chunk, reason(chunk.error()));
      end = ref.offset + ref.bytes;
    }
    if (end != whole->size()) return fail(Code::kMalformed, "has bytes that are in no chunk");
    return {};
  }

  /// No row may need a dictionary that cannot be read.
  Result<void> check_cells(const GroupReader& group) {
    for (uint32_t number = 0; number < group.rows(); ++number) {
      Row row = group.row(number);
      std::span<const uint32_t> columns = rows_->vocabulary().shape(row.shape);
      for (size_t i = 0; i < columns.size(); ++i)
        if ((row.cells[i] & kLiteral) == 0 && bad_values_[columns[i] + kOwnColumns])
          return fail(
              Code::kMalformed, "needs the dictionary of column {}",
              column_name(rows_->vocabulary().column(columns[i]), columns[i] + kOwnColumns));
    }
    return {};
  }

  /// Searches pass over a group by these bounds.
  static Result<void> check_bounds(GroupReader& reader) {
    const Group& group = reader.group();
    auto starts = reader.starts();
    if (!starts) return std::unexpected(starts.error());
    auto lengths = reader.lengths();
    if (!lengths) return std::unexpected(lengths.error());
    auto pieces = reader.piece_starts();
    if (!pieces) return std::unexpected(pieces.error());
    bool within = true;
    for (uint32_t i = 0; i < group.rows; ++i) {
      RowFields row{.start = (*starts)[i], .length = (*lengths)[i]};
      within = within && row.start >= group.min_start && row.start <= group.max_start &&
               row.duration() >= group.min_duration && row.duration() <= group.max_duration;
    }
    for (UnixNanos start : *pieces)
      within = within && start >= group.min_trace_start && start <= group.max_trace_start;
    if (!within) return fail(Code::kMalformed, "has spans outside of its bounds");
    return {};
  }

  Result<void> check_found(GroupReader& reader) {
    if (!index_is_whole_) return {};
    auto ids = reader.trace_ids();
    if (!ids) return std::unexpected(ids.error());
    for (uint32_t i = 0; i < ids->size(); ++i) {
      auto found = block_->find_trace((*ids)[i]);
      uint32_t number = segment_->segment().first_trace + reader.group().first_trace + i;
      if (found && std::ranges::find(*found, number) != found->end()) continue;
      // The rows are whole: only the index needs to be written again.
      damage("trace index", fmt::format("does not find trace {}", (*ids)[i].hex()));
      index_is_whole_ = false;
      return {};
    }
    return {};
  }

  std::shared_ptr<const ReadFile> file_;
  Cache cache_{64 << 20};
  std::atomic<uint64_t> damaged_ = 0;
  BlockCheck check_;
  std::unique_ptr<BlockReader> block_;
  const SegmentReader* segment_ = nullptr;  // the one that is looked at
  std::shared_ptr<const SegmentReader::Columns> columns_;
  std::shared_ptr<const Chunks> chunks_;
  std::unique_ptr<SegmentRows> rows_;
  std::vector<bool> bad_values_;  // by column: its dictionary cannot be read
  bool rows_readable_ = true;
  bool index_is_whole_ = false;
};

}  // namespace

BlockCheck check_block(const BlockKey& key, std::shared_ptr<const ReadFile> file) {
  return Check(key, std::move(file)).run();
}

}  // namespace clew::store
