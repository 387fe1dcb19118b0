#include "store/log_segment_read.h"

#include <memory>

namespace clew::store {

Result<SegmentReport> read_segment(const ReadFile& file, const std::string& path,
                                   frames::SegmentName name, bool last, LogPosition from,
                                   const Log::Visitor& visit) {
  auto content = file.read(0, file.size());
  if (!content) return std::unexpected(content.error());
  auto owner = std::make_shared<const std::string>(std::move(*content));

  auto header = frames::check_header(kLogFile, *owner, name.salt);
  if (header == frames::HeaderState::kOtherVersion)
    return fail(Code::kUnsupported, "{} was written by another version of clew", path);

  SegmentReport report{.end = name.first};
  frames::FrameReader reader(*owner, name.salt);
  uint64_t misplaced = 0;
  while (auto frame = reader.next()) {
    auto tenant = Tenant::parse(frame->label);
    if (!tenant || frame->position < report.end) {
      ++misplaced;
      continue;
    }
    report.end = frame->position + 1;
    ++report.records;
    if (frame->position >= from)
      visit(frame->position, *tenant, SharedBytes::wrap(owner, frame->payload));
  }
  report.whole_bytes = reader.whole_bytes();
  report.torn = reader.whole_bytes() < owner->size();
  // A last segment without a whole frame is one whose first write was under way.
  report.unborn = last && reader.whole_bytes() <= frames::kHeaderBytes && misplaced == 0;
  bool header_damaged = header == frames::HeaderState::kDamaged && !report.unborn;
  report.damaged =
      reader.damaged() + misplaced + (header_damaged ? 1 : 0) + (report.torn && !last ? 1 : 0);
  return report;
}

}  // namespace clew::store
