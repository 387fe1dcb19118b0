// Foreign text on a terminal: harmless, and as wide as one thinks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace clew {

/// `text` with "·" for every control character and U+FFFD for what is not UTF-8, so that the name
/// of a span can neither move the cursor nor break a line.
std::string printable(std::string_view text);

/// The columns that valid UTF-8 takes on a terminal: two for East Asian characters, none for
/// combining ones.
size_t columns_of(std::string_view text);

/// `text` in exactly `columns`: filled with spaces, or cut and ended with "…".
std::string fitted(std::string_view text, size_t columns);

/// "17 ns", "1.2 ms", "3.46 s", "2m 5s": at most 8 columns up to a day.
std::string span_duration_text(uint64_t nanos);

/// "1 204": groups of three, by narrow spaces that no line is broken at.
std::string grouped(uint64_t number);

/// The columns of the terminal that stdout is; `otherwise` if it is none.
size_t terminal_columns(size_t otherwise);

/// Whether to colour stdout: it is a terminal, neither `NO_COLOR` is set nor TERM=dumb.
bool terminal_takes_colour();

}  // namespace clew
