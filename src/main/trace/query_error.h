// Showing where in a query a server's complaint points.
#pragma once

#include <string>
#include <string_view>

namespace clew {

/// `message`; if it says "column N" (counted in characters from 1), with the query below it and a
/// caret below that character. The query is made printable and stands on one line.
std::string with_column_marked(std::string_view message, std::string_view query);

}  // namespace clew
