// Requests in files: lines of OTLP/JSON, or protobuf messages with their lengths.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/result.h"
#include "otlp/signal.h"

namespace clew::agent {

struct RotatingFileOptions {
  std::string path;
  enum class Format : uint8_t {
    kJson,   // one OTLP/JSON request a line; traces only
    kProto,  // each request behind its length, 4 bytes with the most significant first
  } format = Format::kJson;
  uint64_t max_bytes = 100 << 20;  // a file that would pass this is put aside; 0: never
  size_t max_backups = 100;        // files put aside that are kept, the newest; 0: all
};

/// A file that grows, and those it was before. Compatible with the OpenTelemetry Collector's file
/// exporter: what was spans.json is put aside as spans-2026-01-31T23-59-59.123.json (UTC). Nothing
/// is synced: a power cut may cost the last seconds. Any thread may use it.
class RotatingFile {
 public:
  /// Opens the file, to go on at its end, and creates its directory.
  static Result<std::unique_ptr<RotatingFile>> open(Disk& disk, const Clock& clock,
                                                    RotatingFileOptions options);

  /// Appends one request. kUnavailable while the disk is full; kUnsupported for a signal that the
  /// format cannot hold; kIo for anything else. A request stands in the file whole or, after a
  /// failure, not at all.
  Result<void> write(otlp::Signal signal, const SharedBytes& request);

 private:
  RotatingFile(Disk& disk, const Clock& clock, RotatingFileOptions options)
      : disk_(disk), clock_(clock), options_(std::move(options)) {}

  Result<void> open_file();
  Result<void> put_aside();
  Result<void> remove_oldest();
  std::string directory() const;
  std::string backup_name(uint64_t unix_millis) const;

  Disk& disk_;
  const Clock& clock_;
  const RotatingFileOptions options_;
  std::mutex mutex_;
  std::unique_ptr<AppendFile> file_;
  uint64_t last_backup_ = 0;  // Unix time in milliseconds, never the same twice
};

}  // namespace clew::agent
