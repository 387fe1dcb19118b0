// Files of OTLP traces in, requests out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace clew::receive {

/// One request of a file.
struct FilePiece {
  SharedBytes request;  // protobuf; not yet checked by Batch::index
  std::string where;    // for a person: "line 3", "byte 1024"
};

/// Reads a file piece by piece in a bounded memory: limits::kDecompressedBytes for one request, of
/// which every form of the file may hold any number. The first byte tells the forms apart:
///
///   `{`        JSON lines: an OTLP/JSON TracesData on each, as the OpenTelemetry Collector's file
///              exporter and `clew store export --format otlp-json` write it
///   0 to 4     messages with their length before them, four bytes, the highest first: the same
///              exporter's `format: proto`; messages may be compressed with zstd
///   0x0A       one TracesData message, which is also what several of them make when they stand one
///              behind the other
///   others     messages with their length before them as a varint: OpenTelemetry's specification
///   of
///              a file exporter
class OtlpFileReader {
 public:
  /// Puts up to `size` bytes of the file at `place`; 0 at the end.
  using Read = std::function<Result<size_t>(char* place, size_t size)>;

  explicit OtlpFileReader(Read read) : read_(std::move(read)) {}

  /// The next request; nullopt at the end of the file. After an error it is of no use. Fails with
  /// kMalformed on damage, kTooLarge past the limit, kUnsupported on a compressed file, and as Read
  /// does. The message begins with the place.
  Result<std::optional<FilePiece>> next();

 private:
  enum class Form : uint8_t { kUnknown, kLines, kFrames, kMessage, kDelimited };

  Result<void> find_form();
  Result<std::optional<FilePiece>> next_line();
  Result<std::optional<FilePiece>> next_frame();
  Result<std::optional<FilePiece>> next_fields();
  Result<std::optional<FilePiece>> next_delimited();

  Result<bool> fill(size_t bytes);
  Result<size_t> read_more();
  std::string_view rest() const { return std::string_view(buffer_).substr(at_); }
  void skip(size_t bytes);
  Result<std::optional<uint64_t>> varint(size_t at, size_t& end);
  FilePiece take(size_t bytes);
  std::string place() const;
  std::unexpected<Error> cut_short() const;

  Read read_;
  Form form_ = Form::kUnknown;
  std::string buffer_;
  size_t at_ = 0;        // of what is not taken yet, in the buffer
  uint64_t offset_ = 0;  // of it, in the file
  uint64_t line_ = 1;
  bool ended_ = false;
};

}  // namespace clew::receive
