#include "query/page_token.h"

#include <absl/strings/escaping.h>
#include <xxhash.h>

namespace clew::query {
namespace {

constexpr char kVersion = 1;
constexpr size_t kStartBytes = 8;
constexpr size_t kIdBytes = 16;
constexpr size_t kPayloadBytes = 1 + kStartBytes + kIdBytes;
constexpr size_t kChecksumBytes = 4;

void append_big_endian(std::string& out, uint64_t number, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * (7 - i)));
}

uint64_t read_big_endian(std::string_view bytes) {
  uint64_t number = 0;
  for (char c : bytes) number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

std::string checksum(std::string_view payload) {
  std::string out;
  append_big_endian(out, XXH3_64bits(payload.data(), payload.size()), kChecksumBytes);
  return out;
}

}  // namespace

std::string encode_page_token(const store::FoundTrace& last) {
  std::string bytes(1, kVersion);
  append_big_endian(bytes, last.start, kStartBytes);
  bytes += last.id.raw();
  bytes += checksum(bytes);
  return absl::WebSafeBase64Escape(bytes);
}

Result<store::FoundTrace> decode_page_token(std::string_view token) {
  constexpr size_t kTokenBytes = ((kPayloadBytes + kChecksumBytes) * 4 + 2) / 3;
  auto garbled = fail(Code::kInvalid, "it is not what a search gave out");
  std::string bytes;
  if (token.size() != kTokenBytes ||
      !absl::WebSafeBase64Unescape(absl::string_view(token.data(), token.size()), &bytes) ||
      bytes.size() != kPayloadBytes + kChecksumBytes)
    return garbled;
  std::string_view payload = std::string_view(bytes).substr(0, kPayloadBytes);
  if (payload[0] != kVersion || bytes.substr(kPayloadBytes) != checksum(payload)) return garbled;
  auto id = TraceId::from_raw(payload.substr(1 + kStartBytes));
  store::FoundTrace last{*id, read_big_endian(payload.substr(1, kStartBytes))};
  // Base64 has bits to spare and readers that are lenient: one token has one form.
  if (encode_page_token(last) != token) return garbled;
  return last;
}

}  // namespace clew::query
