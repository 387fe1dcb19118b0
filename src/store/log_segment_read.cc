#include "store/log_segment_read.h"

#include <memory>

namespace clew::store {

Result<SegmentReport> read_segment(const ReadFile& file, const std::string& path,
                                   log_format::SegmentName name, bool last, LogPosition from,
                                   const Log::Visitor& visit) {
  auto content = file.read(0, file.size());
  if (!content) return std::unexpected(content.error());
  auto owner = std::make_shared<const std::string>(std::move(*content));

  auto header = log_format::check_header(*owner, name.salt);
  if (header == log_format::HeaderState::kOtherVersion)
    return fail(Code::kUnsupported, "{} was written by another version of clew", path);

  SegmentReport report{.end = name.first};
  log_format::FrameReader frames(*owner, name.salt);
  uint64_t misplaced = 0;
  while (auto frame = frames.next()) {
    auto tenant = Tenant::parse(frame->tenant);
    if (!tenant || frame->position < report.end) {
      ++misplaced;
      continue;
    }
    report.end = frame->position + 1;
    ++report.records;
    if (frame->position >= from)
      visit(frame->position, *tenant, SharedBytes::wrap(owner, frame->payload));
  }
  report.whole_bytes = frames.whole_bytes();
  report.torn = frames.whole_bytes() < owner->size();
  // A last segment without a whole frame is one whose first write was under way.
  report.unborn = last && frames.whole_bytes() <= log_format::kHeaderBytes && misplaced == 0;
  bool header_damaged = header == log_format::HeaderState::kDamaged && !report.unborn;
  report.damaged =
      frames.damaged() + misplaced + (header_damaged ? 1 : 0) + (report.torn && !last ? 1 : 0);
  return report;
}

}  // namespace clew::store
