// Reading all of one segment of the log to see whether it is whole.
#pragma once

#include <cstdint>
#include <string>

#include "store/log_view.h"

namespace clew::store {

struct SegmentCheck {
  std::string path;
  uint64_t bytes = 0;
  uint64_t records = 0;  // that can be read
  uint64_t spans = 0;    // in them
  uint64_t damaged = 0;  // places that cannot, and records that are no requests

  bool is_whole() const { return damaged == 0; }
};

/// The end of the last segment is no damage: a write may be under way there. Fails as
/// LogView::read() does.
Result<SegmentCheck> check_segment(const LogView& log, size_t segment);

}  // namespace clew::store
