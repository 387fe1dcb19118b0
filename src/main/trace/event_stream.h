// Reading server-sent events.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace clew {

struct ServerEvent {
  std::string type;  // "message" where the server names none
  std::string data;

  bool operator==(const ServerEvent&) const = default;
};

/// Takes a stream apart however its bytes arrive. Comments, IDs and retry times are left out, and
/// events without data, as the standard says. Source: WHATWG HTML, 9.2 "Server-sent events".
class EventStream {
 public:
  /// Longest line and longest data of one event that are taken.
  static constexpr size_t kMostEventBytes = 4 << 20;

  /// The events that end within `bytes`. kTooLarge past kMostEventBytes; the stream is then over.
  Result<std::vector<ServerEvent>> take(std::string_view bytes);

 private:
  Result<void> take_line(std::string_view line, std::vector<ServerEvent>& events);

  std::string line_;  // begun, not ended
  std::string type_, data_;
  bool has_data_ = false;
  bool after_return_ = false;  // a line feed now belongs to the line end before
  bool at_begin_ = true;       // where a byte order mark may stand
};

}  // namespace clew
