#include "main/text_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "main/terminal_text.h"

namespace clew {

std::vector<std::string> table_lines(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], columns_of(row[i]));
    }
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string& line = lines.emplace_back();
    for (size_t i = 0; i < row.size(); ++i) line += fitted(row[i], widths[i]) + "  ";
    while (line.ends_with(' ')) line.pop_back();
  }
  return lines;
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  for (const std::string& line : table_lines(rows)) fmt::print("{}\n", line);
}

}  // namespace clew
