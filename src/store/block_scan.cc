// Scanning the columns of one block, row group by row group.
#include "store/block.h"
#include "store/column_scan.h"

namespace clew::store {
namespace {

using namespace block_format;

class SegmentScan {
 public:
  SegmentScan(ColumnScan& scan, SegmentRows& rows)
      : scan_(scan), rows_(rows), classes_(scan, rows.vocabulary()) {}

  Result<void> run() {
    for (uint32_t number = 0; number < rows_.groups(); ++number) {
      const Group& group = rows_.group(number);
      if (group.rows == 0 || !scan_.wants(group.min_start, group.max_start)) continue;
      auto reader = rows_.read(number);
      rows_.vocabulary().set_group(reader.get());
      auto scanned = scan(*reader);
      rows_.vocabulary().set_group(nullptr);
      if (scanned && rows_.vocabulary().error())
        scanned = std::unexpected(*rows_.vocabulary().error());
      if (!scanned) return scanned;
    }
    return {};
  }

 private:
  /// By row: its codes; nothing if they are not needed.
  static Result<std::span<const uint32_t>> own(GroupReader& reader, OwnColumn column, bool needed) {
    if (!needed) return std::span<const uint32_t>();
    return reader.own(column);
  }

  Result<void> scan(GroupReader& reader) {
    auto starts = reader.starts();
    if (!starts) return std::unexpected(starts.error());
    auto operations = own(reader, kOperation, classes_.needs_operation());
    if (!operations) return std::unexpected(operations.error());
    auto resources = own(reader, kResource, classes_.needs_resource());
    if (!resources) return std::unexpected(resources.error());
    std::vector<std::span<const uint32_t>> columns;
    for (uint32_t column : classes_.columns()) {
      if (auto loaded = reader.load_literals(column); !loaded) return loaded;
      auto cells = reader.cells(column);
      if (!cells) return std::unexpected(cells.error());
      columns.push_back(*cells);
    }
    if (auto named = name_rows(reader.rows(), *operations, *resources, columns); !named)
      return named;
    durations_.clear();
    if (scan_.columns().duration) {
      auto lengths = reader.lengths();
      if (!lengths) return std::unexpected(lengths.error());
      for (uint32_t row = 0; row < reader.rows(); ++row) {
        RowFields fields{.start = (*starts)[row], .length = (*lengths)[row]};
        durations_.push_back(fields.duration());
      }
    }
    scan_.rows(numbers_, *starts, durations_);
    return {};
  }

  Result<void> name_rows(uint32_t rows, std::span<const uint32_t> operations,
                         std::span<const uint32_t> resources,
                         const std::vector<std::span<const uint32_t>>& columns) {
    numbers_.resize(rows);
    cells_.resize(columns.size());
    for (uint32_t row = 0; row < rows; ++row) {
      for (size_t i = 0; i < columns.size(); ++i) cells_[i] = columns[i][row];
      uint32_t operation = operations.empty() ? 0 : operations[row];
      uint32_t resource = resources.empty() ? 0 : resources[row];
      numbers_[row] = classes_.known_class(operation, resource, cells_.data());
      if (numbers_[row] != RowClasses::kUnknown) continue;
      auto number = classes_.class_of(operation, resource, cells_.data());
      if (!number) return std::unexpected(number.error());
      numbers_[row] = *number;
    }
    return {};
  }

  ColumnScan& scan_;
  SegmentRows& rows_;
  RowClasses classes_;
  std::vector<uint32_t> numbers_, cells_;
  std::vector<uint64_t> durations_;
};

}  // namespace

Result<void> Block::scan_columns(ColumnScan& scan) const {
  Result<void> result;
  for (const SegmentReader& segment : reader_->segments()) {
    auto rows = SegmentRows::open(segment);
    auto scanned = rows ? SegmentScan(scan, **rows).run() : std::unexpected(rows.error());
    if (!scanned) result = scanned;  // the others may be whole
  }
  return result;
}

}  // namespace clew::store
