// Reading a YAML configuration file into settings.
#pragma once

#include <string>

#include "base/result.h"
#include "main/setting.h"

namespace clew {

/// Sets every key of the YAML text; `name` is how errors call the file: "agent.yaml:14:
/// receivers.otlp.grpc: …". All problems are reported at once, one a line. Unknown keys, keys given
/// twice and values of the wrong form are problems (kInvalid); an empty file sets nothing.
Result<void> apply_yaml(const std::string& name, const std::string& yaml, const Settings& settings);

/// apply_yaml on a file's content; kIo if it cannot be read.
Result<void> apply_config_file(const std::string& path, const Settings& settings);

/// A whole file; kIo says why it cannot be read.
Result<std::string> read_file(const std::string& path);

}  // namespace clew
