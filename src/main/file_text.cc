#include "main/file_text.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

namespace clew {

Result<std::string> file_text(const std::string& file) {
  if (file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(Code::kIo, "cannot read {}: {}", file, std::strerror(errno));
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace clew
