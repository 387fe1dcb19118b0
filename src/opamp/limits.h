// Bounds on what agents report of themselves.
#pragma once

#include <cstddef>

namespace clew::limits {

/// Agents whose reports are kept; a fleet has one per server. With kOpampAgentBytes it bounds their
/// memory by 160 MB.
inline constexpr size_t kOpampAgents = 10'000;
/// One report as it comes, compressed or not: a Collector sends its whole configuration with it.
inline constexpr size_t kOpampMessageBytes = 4 << 20;
/// What is kept of one agent: its description and the health of its parts. A Collector's pipelines
/// take 150 bytes a component.
inline constexpr size_t kOpampAgentBytes = 16 << 10;
/// One text of it: a name, a status, an error.
inline constexpr size_t kOpampTextBytes = 1024;
/// Nesting of parts of an agent; a Collector nests twice.
inline constexpr int kOpampDepth = 16;
/// Agents in one answer; those past it are counted.
inline constexpr size_t kOpampAgentsPerAnswer = 1000;

}  // namespace clew::limits
