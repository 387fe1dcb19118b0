// A log seen from outside: by those who read a directory that a server may be writing to.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/log_segment_read.h"

namespace clew::store {

/// The segments that stood in a directory at one moment, each as long as it was then. They stay
/// readable when the server removes them. Changes nothing on disk.
class LogView {
 public:
  struct Segment {
    frames::SegmentName name;
    std::string path;
    std::shared_ptr<const ReadFile> file;
  };

  /// A segment that vanishes in between held only what is in blocks by now: list those afterwards.
  static Result<LogView> open(Disk& disk, const std::string& directory);

  const std::vector<Segment>& segments() const { return segments_; }  // by position
  uint64_t bytes() const;

  /// As read_segment().
  Result<SegmentReport> read(size_t segment, LogPosition from, const Log::Visitor& visit) const;

 private:
  std::vector<Segment> segments_;
};

}  // namespace clew::store
