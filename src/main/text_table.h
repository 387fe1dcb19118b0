// Tables on a terminal.
#pragma once

#include <string>
#include <vector>

namespace clew {

/// A line for each row, columns to the left and as wide as their widest cell; not ended.
std::vector<std::string> table_lines(const std::vector<std::vector<std::string>>& rows);

/// Prints rows to stdout, as table_lines().
void print_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace clew
