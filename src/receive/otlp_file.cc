#include "receive/otlp_file.h"

#include <algorithm>

#include "base/limits.h"
#include "net/encoding.h"
#include "receive/otlp_json.h"

namespace clew::receive {
namespace {

constexpr size_t kReadBytes = 1 << 20;
/// Fields of a bare message are gathered up to this.
constexpr size_t kPieceBytes = 1 << 20;
constexpr size_t kFrameHeaderBytes = 4;
constexpr std::string_view kZstdMagic = "\x28\xB5\x2F\xFD";
constexpr std::string_view kGzipMagic = "\x1F\x8B";
constexpr char kResourceSpansTag = 0x0A;
constexpr size_t kMaxVarintBytes = 10;

std::unexpected<Error> too_large(const std::string& place, uint64_t bytes) {
  return fail(Code::kTooLarge, "{}: a request of {} bytes; {} are the most", place, bytes,
              limits::kDecompressedBytes);
}

}  // namespace

std::string OtlpFileReader::place() const {
  return form_ == Form::kLines ? fmt::format("line {}", line_) : fmt::format("byte {}", offset_);
}

std::unexpected<Error> OtlpFileReader::cut_short() const {
  return fail(Code::kMalformed, "{}: the file ends within a request", place());
}

Result<size_t> OtlpFileReader::read_more() {
  if (at_ > 0) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  size_t size = buffer_.size();
  buffer_.resize(size + kReadBytes);
  auto got = read_(buffer_.data() + size, kReadBytes);
  buffer_.resize(size + (got ? *got : 0));
  if (got && *got == 0) ended_ = true;
  return got;
}

/// False if the file ends before there are so many.
Result<bool> OtlpFileReader::fill(size_t bytes) {
  while (rest().size() < bytes && !ended_)
    if (auto more = read_more(); !more) return std::unexpected(more.error());
  return rest().size() >= bytes;
}

void OtlpFileReader::skip(size_t bytes) {
  at_ += bytes;
  offset_ += bytes;
}

FilePiece OtlpFileReader::take(size_t bytes) {
  FilePiece piece{SharedBytes::copy(rest().substr(0, bytes)), place()};
  skip(bytes);
  return piece;
}

Result<std::optional<FilePiece>> OtlpFileReader::next() {
  if (form_ == Form::kUnknown)
    if (auto found = find_form(); !found) return std::unexpected(found.error());
  switch (form_) {
    case Form::kLines:
      return next_line();
    case Form::kFrames:
      return next_frame();
    case Form::kMessage:
      return next_fields();
    case Form::kDelimited:
      return next_delimited();
    case Form::kUnknown:
      break;
  }
  return std::nullopt;  // an empty file
}

Result<void> OtlpFileReader::find_form() {
  if (auto filled = fill(kZstdMagic.size()); !filled) return std::unexpected(filled.error());
  std::string_view start = rest();
  if (start.empty()) return {};
  if (start.starts_with(kZstdMagic) || start.starts_with(kGzipMagic))
    return fail(Code::kUnsupported, "the file is compressed: unpack it first, e.g. with {}",
                start[0] == kZstdMagic[0] ? "zstdcat" : "zcat");
  if (start[0] == '{')
    form_ = Form::kLines;
  else if (start[0] >= 0 && start[0] <= 4)
    form_ = Form::kFrames;
  else if (start[0] == kResourceSpansTag)
    form_ = Form::kMessage;
  else
    form_ = Form::kDelimited;
  return {};
}

Result<std::optional<FilePiece>> OtlpFileReader::next_line() {
  for (;;) {
    size_t looked = 0, end = 0;
    while ((end = rest().find('\n', looked)) == std::string_view::npos && !ended_) {
      looked = rest().size();
      if (looked > limits::kDecompressedBytes) return too_large(place(), looked);
      if (auto more = read_more(); !more) return std::unexpected(more.error());
    }
    std::string_view line = rest().substr(0, end);
    if (line.empty() && ended_ && end == std::string_view::npos) return std::nullopt;
    if (line.size() > limits::kDecompressedBytes) return too_large(place(), line.size());
    bool blank = line.find_first_not_of(" \t\r") == std::string_view::npos;
    std::optional<FilePiece> piece;
    if (!blank) {
      auto request = otlp_json_to_protobuf(line);
      if (!request) return fail(request.error().code, "{}: {}", place(), request.error().message);
      piece = FilePiece{SharedBytes::take(std::move(*request)), place()};
    }
    skip(line.size() + (end == std::string_view::npos ? 0 : 1));
    ++line_;
    if (piece) return piece;
  }
}

Result<std::optional<FilePiece>> OtlpFileReader::next_frame() {
  auto header = fill(kFrameHeaderBytes);
  if (!header) return std::unexpected(header.error());
  if (rest().empty()) return std::nullopt;
  if (!*header) return cut_short();
  uint32_t size = 0;
  for (char c : rest().substr(0, kFrameHeaderBytes)) size = size << 8 | static_cast<uint8_t>(c);
  if (size > limits::kDecompressedBytes) return too_large(place(), size);
  auto body = fill(kFrameHeaderBytes + size);
  if (!body) return std::unexpected(body.error());
  if (!*body) return cut_short();
  std::string where = place();
  skip(kFrameHeaderBytes);
  FilePiece piece = take(size);
  piece.where = where;
  if (!piece.request.view().starts_with(kZstdMagic)) return piece;
  auto unpacked = net::decode_content("zstd", piece.request, limits::kDecompressedBytes);
  if (!unpacked) return fail(unpacked.error().code, "{}: {}", where, unpacked.error().message);
  piece.request = std::move(*unpacked);
  return piece;
}

/// The varint at `at` of the rest; nullopt if there is none. `end` is where it ends.
Result<std::optional<uint64_t>> OtlpFileReader::varint(size_t at, size_t& end) {
  uint64_t value = 0;
  for (size_t i = 0; i < kMaxVarintBytes; ++i) {
    auto there = fill(at + i + 1);
    if (!there) return std::unexpected(there.error());
    if (!*there) return std::nullopt;
    auto byte = static_cast<uint8_t>(rest()[at + i]);
    value |= uint64_t{byte & 0x7Fu} << (7 * i);
    end = at + i + 1;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

Result<std::optional<FilePiece>> OtlpFileReader::next_fields() {
  size_t taken = 0;
  while (taken < kPieceBytes) {
    auto more = fill(taken + 1);
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    if (rest()[taken] != kResourceSpansTag)
      return fail(Code::kMalformed, "byte {}: a TracesData has only resource_spans",
                  offset_ + taken);
    size_t begin = 0;
    auto size = varint(taken + 1, begin);
    if (!size) return std::unexpected(size.error());
    if (!*size) return cut_short();
    if (**size > limits::kDecompressedBytes) return too_large(place(), **size);
    // A large one is not put together with what came before it.
    if (taken > 0 && begin + **size > limits::kDecompressedBytes) break;
    auto whole = fill(begin + **size);
    if (!whole) return std::unexpected(whole.error());
    if (!*whole) return cut_short();
    taken = begin + **size;
  }
  if (taken == 0) return std::nullopt;
  return take(taken);
}

Result<std::optional<FilePiece>> OtlpFileReader::next_delimited() {
  auto more = fill(1);
  if (!more) return std::unexpected(more.error());
  if (!*more) return std::nullopt;
  size_t begin = 0;
  auto size = varint(0, begin);
  if (!size) return std::unexpected(size.error());
  if (!*size) return fail(Code::kMalformed, "{}: no length of a message", place());
  if (**size > limits::kDecompressedBytes) return too_large(place(), **size);
  auto whole = fill(begin + **size);
  if (!whole) return std::unexpected(whole.error());
  if (!*whole) return cut_short();
  std::string where = place();
  skip(begin);
  FilePiece piece = take(**size);
  piece.where = where;
  return piece;
}

}  // namespace clew::receive
