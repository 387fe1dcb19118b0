#include "store/head_cells.h"

#include <algorithm>

namespace clew::store {

CellPicker::CellPicker(const HeadSnapshot& snapshot, std::vector<uint32_t> columns)
    : snapshot_(snapshot),
      columns_(std::move(columns)),
      cells_(columns_.size()),
      no_cells_(columns_.size(), kNoCell),
      shapes_(columns_.empty() ? 0 : snapshot.shapes()) {}

void CellPicker::find_places(uint32_t shape, Places& places) const {
  places.known = true;
  std::span<const uint32_t> columns = snapshot_.shape(shape);
  for (uint32_t column : columns_) {
    auto at = std::ranges::find(columns, column);
    places.has_any |= at != columns.end();
    places.cells.push_back(at == columns.end() ? kNoCell
                                               : static_cast<uint32_t>(at - columns.begin()));
  }
}

}  // namespace clew::store
