// A damaged segment of the queue never crashes its reader, and gives back only what was written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>

#include "agent/journal.h"
#include "base/disk_faulty.h"
#include "base/log.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew;
  using namespace clew::agent;
  static const bool quiet = (spdlog::set_level(spdlog::level::off), true);
  static_cast<void>(quiet);
  std::string_view input(reinterpret_cast<const char*>(data), size);

  // Whatever the labels and payloads are: they are read or they are not.
  frames::Frame frame{.position = 0, .label = input, .payload = input};
  PositionSet done;
  queue_format::decode_record(frame);
  queue_format::decode_done({.position = 0, .label = queue_format::kDoneLabel, .payload = input},
                            done);

  // A segment with the input in the middle, before the last one of a queue.
  FaultyDisk disk(1);
  frames::SegmentName name{1, 7};
  Record record{.bytes = SharedBytes::copy("request"), .items = 1};
  std::string label = queue_format::label_of(record);
  std::string whole =
      frames::encode_frame_header(name.salt, 1, label, "request") + label + "request";
  if (!disk.create_directories("/q")) std::abort();
  auto write = [&](frames::SegmentName segment, const std::string& frames) {
    std::string path = "/q/" + frames::format_name(segment);
    if (!disk.open_append(path)) std::abort();
    disk.overwrite(path, frames::encode_header(queue_format::kFile, segment) + frames);
  };
  write(name, whole + std::string(input));
  write({std::numeric_limits<uint32_t>::max(), 8}, "");
  auto journal = Journal::open({.directory = "/q", .disk = &disk, .threads = false});
  if (!journal) std::abort();
  auto reading = (*journal)->read((*journal)->begin(), (*journal)->end(), 1 << 20);
  if (reading.records.empty() || reading.records[0].record.bytes.view() != "request") std::abort();
  return 0;
}
