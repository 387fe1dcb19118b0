#include "store/log_view.h"

namespace clew::store {

Result<LogView> LogView::open(Disk& disk, const std::string& directory) {
  LogView log;
  auto names = disk.list(directory);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    auto parsed = frames::parse_name(name);
    if (!parsed) continue;
    std::string path = directory + "/" + name;
    auto file = disk.open_read(path);
    if (!file && file.error().code == Code::kNotFound) continue;
    if (!file) return std::unexpected(file.error());
    log.segments_.push_back({*parsed, std::move(path), std::move(*file)});
  }
  return log;
}

uint64_t LogView::bytes() const {
  uint64_t bytes = 0;
  for (const Segment& segment : segments_) bytes += segment.file->size();
  return bytes;
}

Result<SegmentReport> LogView::read(size_t segment, LogPosition from,
                                    const Log::Visitor& visit) const {
  const Segment& entry = segments_[segment];
  bool last = segment + 1 == segments_.size();
  return read_segment(*entry.file, entry.path, entry.name, last, from, visit);
}

}  // namespace clew::store
