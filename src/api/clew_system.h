// What a store says of itself, for the page that shows it. What it does is in its metrics.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "api/agent_page.h"
#include "base/clock.h"
#include "net/http_server.h"
#include "opamp/agents.h"
#include "store/store.h"

namespace clew::api {

/// How this process was started.
struct SystemAbout {
  std::string version;
  UnixNanos started = 0;
  AgentAbout::Names receivers;  // "otlp/grpc" → "127.0.0.1:4317"; those that are on
  bool in_memory = false;       // nothing survives a restart
  std::string directory;
  std::string durability;  // what an acknowledgement promises: fsync, os or memory
  uint64_t memory_limit = 0;
  uint64_t head_bytes = 0;  // of spans that are in no block yet
  std::chrono::milliseconds max_age{};
  std::optional<uint64_t> max_bytes;       // of blocks and log; unset: 80 % of the file system
  std::optional<uint64_t> max_spans;       // unset: any number
  std::optional<uint64_t> min_free_bytes;  // unset: by the size of the file system
  size_t tenants = 0;                      // that have a retention of their own
};

/// Adds GET /api/clew/v1/system: `about`, how full the store, its disk and its memory are and what
/// bounds them, the agents that report to it, and the last warnings and errors of the log. Of the
/// whole process, not of a tenant. The store and the agents must outlive the server.
void add_clew_system(net::HttpRoutes& routes, store::Store& store, opamp::Agents& agents,
                     SystemAbout about);

}  // namespace clew::api
