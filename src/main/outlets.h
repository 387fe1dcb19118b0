// An agent's exporters with those they send to, and how both change while it runs.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/exporters.h"
#include "main/peer.h"
#include "main/roles.h"

namespace clew {

/// Makes the exporters of a configuration, and later of another one. For one thread; what
/// exporters() gives may be used by any.
class Outlets {
 public:
  /// kInvalid or kIo, named by the exporter.
  static Result<std::unique_ptr<Outlets>> open(const AgentConfig& config);

  /// Goes over to the exporters and the routing of `config`; on an error all stays as it was. Each
  /// exporter gets a new peer: what is sent from now on goes there, what is in flight is answered
  /// by the old one. See agent::Exporters::replace for what becomes of queues.
  Result<void> replace(const AgentConfig& config);

  /// Ends what is no longer needed. To be called now and then.
  void sweep();

  agent::Exporters& exporters() { return *exporters_; }

 private:
  /// A peer, and how many of its answers are to come.
  struct Line {
    std::unique_ptr<Peer> peer;
    std::shared_ptr<std::atomic<int>> in_flight = std::make_shared<std::atomic<int>>(0);
  };
  /// Where an exporter sends now.
  struct Slot {
    std::atomic<std::shared_ptr<Line>> line;
    ExporterOverrides overrides;  // that its exporter was opened with
  };
  using Lines = std::map<std::string, std::shared_ptr<Line>>;

  Outlets() = default;

  static Result<Lines> lines_of(const AgentConfig& config);
  static agent::Send send_through(std::shared_ptr<Slot> slot);
  std::vector<agent::ExporterSpec> specs_of(const AgentConfig& config, const Lines& lines);

  // In this order, so that exporters go first: peers answer what is left to nobody.
  std::vector<std::shared_ptr<Line>> old_;  // still in flight, or of an exporter that is draining
  std::map<std::string, std::shared_ptr<Slot>> slots_;
  std::optional<agent::Exporters> exporters_;
};

}  // namespace clew
