#include "store/admin/check_log.h"

#include "otlp/batch.h"

namespace clew::store {

Result<SegmentCheck> check_segment(const LogView& log, size_t segment) {
  SegmentCheck check{.path = log.segments()[segment].path,
                     .bytes = log.segments()[segment].file->size()};
  auto read = log.read(segment, 0, [&](LogPosition, const Tenant&, SharedBytes payload) {
    auto batch = otlp::Batch::index(std::move(payload));
    if (batch) {
      ++check.records;
      check.spans += batch->spans().size();
    } else {
      ++check.damaged;
    }
  });
  if (!read) return std::unexpected(read.error());
  check.damaged += read->damaged;
  return check;
}

}  // namespace clew::store
