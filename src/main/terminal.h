// What commands tell people: numbers, tables, how far they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clew {

/// "1,234,567".
std::string with_commas(uint64_t number);

/// "1.2 GiB", "17 B".
std::string bytes_text(uint64_t bytes);

/// A line on stderr that changes in place, if stderr is a terminal; otherwise nothing.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(uint64_t done_bytes, uint64_t all_bytes);
  /// Takes the line away, for others to write.
  void clear();

 private:
  std::string what_;
  bool terminal_;
  bool shown_ = false;
  int last_percent_ = -1;
};

}  // namespace clew
