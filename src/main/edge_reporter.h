// Tells the control plane how far core locations are from an edge.
#pragma once

#include <memory>

#include "base/result.h"
#include "main/proxy_bootstrap.h"

namespace clew {

/// Probes what the control plane says, and reports twice a second, or at once when a core location
/// has fallen silent. A control plane that is away is asked again and again; nothing is kept for
/// it: what was measured then is old when it is back.
class EdgeReporter {
 public:
  /// kInvalid for a URL of the control plane that is none; kIo for TLS files that cannot be read.
  static Result<std::unique_ptr<EdgeReporter>> start(const ProxyOptions& proxy);
  ~EdgeReporter();

 private:
  struct Impl;
  explicit EdgeReporter(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace clew
