#include "main/outlets.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "main/settings_agent_queue.h"

namespace clew {
namespace {

/// Of the exporter `name`, before its own settings. What is set for all is one exporter's share:
/// on disk each has a directory, and the memory for queues is divided.
agent::ExporterOptions exporter_options(const AgentConfig& config, const std::string& name) {
  agent::QueueOptions queue = queue_options(config);
  size_t exporters = names_in_use(config.exporters).size();
  queue.memory_bytes /= exporters;
  if (queue.directory.empty() && config.queue_bytes == 0) queue.max_bytes /= exporters;
  if (!queue.directory.empty() && name != "otlp") {
    std::string folder = name;
    std::ranges::replace(folder, '/', '+');
    queue.directory += "/" + folder;
  }
  return {.name = name, .queue = queue, .retry = config.retry, .consumers = config.consumers};
}

}  // namespace

Result<std::unique_ptr<Outlets>> Outlets::open(const AgentConfig& config) {
  auto lines = lines_of(config);
  if (!lines) return std::unexpected(lines.error());
  std::unique_ptr<Outlets> outlets(new Outlets());
  auto exporters = agent::Exporters::open(outlets->specs_of(config, *lines), config.routing);
  if (!exporters) return std::unexpected(exporters.error());
  outlets->exporters_ = *std::move(exporters);
  return outlets;
}

Result<void> Outlets::replace(const AgentConfig& config) {
  auto lines = lines_of(config);
  if (!lines) return std::unexpected(lines.error());
  auto former = slots_;
  auto specs = specs_of(config, *lines);
  if (auto replaced = exporters_->replace(std::move(specs), config.routing); !replaced) {
    slots_ = std::move(former);
    return replaced;
  }
  for (const auto& [name, line] : *lines) {
    auto before = slots_.at(name)->line.exchange(line);
    if (before != line) old_.push_back(std::move(before));
  }
  return {};
}

/// A peer for each exporter in use.
Result<Outlets::Lines> Outlets::lines_of(const AgentConfig& config) {
  Lines lines;
  for (const std::string& name : names_in_use(config.exporters)) {
    const ExporterConfig& own = config.exporters.at(name);
    auto peer = make_peer(name, own);
    if (!peer) return fail(peer.error().code, "exporters.{}: {}", name, peer.error().message);
    auto line = std::make_shared<Line>();
    line->peer = *std::move(peer);
    lines.emplace(name, std::move(line));
    log::info("{} exports{}", name, own.endpoint.empty() ? "" : " to " + own.endpoint);
  }
  return lines;
}

/// Slots of new names are made with their line; those of known names keep theirs for now.
std::vector<agent::ExporterSpec> Outlets::specs_of(const AgentConfig& config, const Lines& lines) {
  std::vector<agent::ExporterSpec> specs;
  for (const auto& [name, line] : lines) {
    const ExporterConfig& own = config.exporters.at(name);
    auto& slot = slots_[name];
    if (!slot) {
      slot = std::make_shared<Slot>();
      slot->line = line;
      slot->overrides = own.overrides;
    } else if (slot->overrides != own.overrides) {
      log::warn("restart to apply exporters.{}.sending_queue and retry_on_failure", name);
    }
    specs.push_back({.name = name,
                     .options = own.overrides.over(exporter_options(config, name)),
                     .send = send_through(slot),
                     .traces_only = line->peer->traces_only()});
  }
  return specs;
}

agent::Send Outlets::send_through(std::shared_ptr<Slot> slot) {
  return [slot = std::move(slot)](otlp::Signal signal, const Tenant& tenant, SharedBytes request,
                                  Peer::Done done) {
    std::shared_ptr<Line> line = slot->line.load();
    line->in_flight->fetch_add(1);
    // The answer holds only the count: it comes on a thread of the peer, which cannot end itself.
    auto answered = [in_flight = line->in_flight,
                     done = std::move(done)](Result<void> answer) mutable {
      done(std::move(answer));
      in_flight->fetch_sub(1);
    };
    line->peer->send(signal, tenant, std::move(request), std::move(answered));
  };
}

void Outlets::sweep() {
  exporters_->end_retired();
  for (auto& [name, slot] : slots_) {
    // The exporter was the last other owner of its slot.
    if (slot.use_count() == 1 && slot->line.load()) old_.push_back(slot->line.exchange(nullptr));
  }
  std::erase_if(slots_, [](const auto& named) { return !named.second->line.load(); });
  // Whoever took the line from the slot a moment ago holds it until it has counted itself.
  std::erase_if(old_,
                [](const auto& line) { return line.use_count() == 1 && *line->in_flight == 0; });
}

}  // namespace clew
