#include "store/group_errors.h"

#include "store/status_columns.h"

namespace clew::store {

Result<std::vector<uint8_t>> errors_of(GroupReader& group) {
  std::vector<uint32_t> columns;
  StatusColumns status(group.vocabulary(), [&](uint32_t column) {
    columns.push_back(column);
    return columns.size() - 1;
  });
  std::vector<std::span<const uint32_t>> by_column;
  for (uint32_t column : columns) {
    if (auto loaded = group.load_literals(column); !loaded) return std::unexpected(loaded.error());
    by_column.push_back(*group.cells(column));
  }
  std::vector<uint8_t> errors(group.rows());
  std::vector<uint32_t> cells(columns.size()), before;
  for (uint32_t row = 0; row < group.rows(); ++row) {
    for (size_t i = 0; i < cells.size(); ++i) cells[i] = by_column[i][row];
    // Most rows are as the one before.
    bool same = row > 0 && cells == before;
    errors[row] = same ? errors[row - 1] : status.is_error(cells.data()) ? 1 : 0;
    before = cells;
  }
  return errors;
}

}  // namespace clew::store
