// Cells of some columns, picked out of the rows of a head.
#pragma once

#include <cstdint>
#include <vector>

#include "store/head.h"

namespace clew::store {

/// Picks the cells of some columns out of rows, whatever their shapes. One thread.
class CellPicker {
 public:
  /// `snapshot` must outlive it.
  CellPicker(const HeadSnapshot& snapshot, std::vector<uint32_t> columns);

  /// By column: the row's cell, or kNoCell. Valid until the next call. Null if it has none of them.
  const uint32_t* pick_any(const HeadRow& row) {
    const Places& places = shapes_.empty() ? none_ : places_in(row.shape);
    if (!places.has_any) return nullptr;
    const uint32_t* cells = snapshot_.cells(row);
    for (size_t i = 0; i < cells_.size(); ++i)
      cells_[i] = places.cells[i] == kNoCell ? kNoCell : cells[places.cells[i]];
    return cells_.data();
  }

  /// The same, but never null.
  const uint32_t* pick(const HeadRow& row) {
    const uint32_t* cells = pick_any(row);
    return cells ? cells : no_cells_.data();
  }

 private:
  /// Where in a shape each of the columns stands.
  struct Places {
    std::vector<uint32_t> cells;  // kNoCell: nowhere
    bool has_any = false;
    bool known = false;
  };

  const Places& places_in(uint32_t shape) {
    Places& places = shapes_[shape];
    if (!places.known) find_places(shape, places);
    return places;
  }
  void find_places(uint32_t shape, Places& places) const;

  const HeadSnapshot& snapshot_;
  std::vector<uint32_t> columns_, cells_, no_cells_;
  std::vector<Places> shapes_;  // empty if there are no columns
  const Places none_{};
};

}  // namespace clew::store
