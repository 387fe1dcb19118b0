#include "main/trace/event_stream.h"

#include <utility>

namespace clew {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::unexpected<Error> too_large() {
  return fail(Code::kTooLarge, "the server sent an event of more than {} bytes",
              EventStream::kMostEventBytes);
}

}  // namespace

Result<std::vector<ServerEvent>> EventStream::take(std::string_view bytes) {
  std::vector<ServerEvent> events;
  while (!bytes.empty()) {
    if (std::exchange(after_return_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    size_t end = bytes.find_first_of("\r\n");
    std::string_view piece = bytes.substr(0, end);
    if (line_.size() + piece.size() > kMostEventBytes) return too_large();
    line_ += piece;
    if (end == bytes.npos) break;
    after_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    auto taken = take_line(std::exchange(line_, {}), events);
    if (!taken) return std::unexpected(taken.error());
  }
  return events;
}

Result<void> EventStream::take_line(std::string_view line, std::vector<ServerEvent>& events) {
  if (std::exchange(at_begin_, false) && line.starts_with(kByteOrderMark))
    line.remove_prefix(kByteOrderMark.size());
  if (line.empty()) {
    std::string type = std::exchange(type_, {});
    if (std::exchange(has_data_, false))
      events.push_back({type.empty() ? "message" : std::move(type), std::exchange(data_, {})});
    return {};
  }
  size_t colon = line.find(':');
  std::string_view field = line.substr(0, colon);
  std::string_view value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") type_ = value;
  if (field != "data") return {};
  if (data_.size() + value.size() + 1 > kMostEventBytes) return too_large();
  if (has_data_) data_ += '\n';
  data_ += value;
  has_data_ = true;
  return {};
}

}  // namespace clew
