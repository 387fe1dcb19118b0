#include "main/trace/query_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "main/terminal_text.h"

namespace clew {
namespace {

constexpr std::string_view kColumn = "column ";

/// The number behind "column "; 0 if there is none.
size_t column_in(std::string_view message) {
  size_t at = message.find(kColumn);
  size_t column = 0;
  if (at == message.npos) return 0;
  std::string_view digits = message.substr(at + kColumn.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), column);
  return column;
}

}  // namespace

std::string with_column_marked(std::string_view message, std::string_view query) {
  size_t column = column_in(message);
  std::string before, shown;
  size_t character = 1;
  for (std::string_view rest = query; !rest.empty(); ++character) {
    size_t length = std::max<size_t>(1, utf8_length(rest));
    bool is_break = rest[0] == '\n' || rest[0] == '\t' || rest[0] == '\r';
    std::string one = is_break ? " " : printable(rest.substr(0, length));
    if (character < column) before += one;
    shown += one;
    rest.remove_prefix(length);
  }
  // One past the end is where something is missing.
  if (column == 0 || column > character) return std::string(message);
  return fmt::format("{}\n{}\n{}^", message, shown, std::string(columns_of(before), ' '));
}

}  // namespace clew
