// `clew proxy run` and `clew proxy bootstrap`: an Envoy of the mesh, beside its app.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "main/proxy_bootstrap.h"
#include "main/proxy_run.h"

namespace clew {

class ProxyCommands {
 public:
  explicit ProxyCommands(CLI::App& app);

  bool chosen() const { return proxy_->parsed(); }
  /// The exit code.
  int execute();

 private:
  void add_options(CLI::App& command);

  CLI::App *proxy_, *run_, *bootstrap_;
  ProxyOptions options_;
  std::string admin_ = "127.0.0.1:9901", health_, drain_ = "30s";
  EnvoyOptions envoy_;
};

}  // namespace clew
