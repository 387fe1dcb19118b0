// Whole files, as command lines name them.
#pragma once

#include <string>

#include "base/result.h"

namespace clew {

/// What stands in `file`, of stdin for "-". Fails with kIo, naming it.
Result<std::string> file_text(const std::string& file);

}  // namespace clew
