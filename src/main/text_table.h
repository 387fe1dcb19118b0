// Tables on a terminal.
#pragma once

#include <string>
#include <vector>

namespace clew {

/// Prints rows to stdout, columns to the left and as wide as their widest cell.
void print_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace clew
