// Where a control plane listens for proxies and others of its kind, as people write it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace clew {

struct ControlPlaneUrl {
  std::string text;
  std::string host;
  uint16_t port = 0;
  bool tls = false;

  /// Reads "https://mesh:5678"; kInvalid says what is wrong.
  static Result<ControlPlaneUrl> parse(const std::string& text);
};

/// Several, separated by commas; none where the text is empty.
Result<std::vector<ControlPlaneUrl>> control_plane_urls(const std::string& text);

}  // namespace clew
