// The agent's settings of what it holds: queue.… and memory.….
#include "main/settings_agent_queue.h"

#include "agent/memory_split.h"

namespace clew {

void add_agent_queue(Settings& settings, AgentConfig& config) {
  settings.push_back(path_setting("queue.directory", "--queue-directory",
                                  "Keep what waits to be sent here, so that it survives the "
                                  "agent's end; empty: in memory",
                                  config.queue_directory));
  settings.push_back(bytes_setting("queue.max_bytes", "--queue-bytes",
                                   "What may wait to be sent; 0: 4GiB in a directory, in memory a "
                                   "quarter of --memory-limit",
                                   config.queue_bytes));
  settings.push_back(choice_setting(
      "queue.durability", "--queue-durability",
      "What an acknowledgement promises, with a directory: fsync: survives power loss; os: "
      "survives a crash of clew; memory: nothing",
      config.queue_durability, {"fsync", "os", "memory"}));
  settings.push_back(choice_setting("queue.overflow", "--queue-overflow",
                                    "When the queue is full: refuse, for clients that come again, "
                                    "or drop the oldest, for those that do not",
                                    config.queue_overflow, {"refuse", "drop_oldest"}));
  settings.push_back(bytes_setting("queue.batch_bytes", "--batch-bytes",
                                   "Send when this much waits", config.batch_bytes));
  settings.push_back(duration_setting("queue.batch_timeout", "--batch-timeout",
                                      "… or when the oldest has waited this long",
                                      config.batch_timeout));
  settings.push_back(number_setting("queue.num_consumers", "--queue-consumers",
                                    "Sends in flight at once", config.consumers, 1, 1000));
  settings.push_back(bytes_setting("memory.limit", "--memory-limit",
                                   "Memory the agent may take; past it requests are refused",
                                   config.memory_limit));
  settings.push_back(switch_setting("memory.lower_rates", "--memory-lower-rates",
                                    "When memory is nearly full, give up whole traces, the same on "
                                    "all agents, before anything is refused",
                                    config.lower_rates));
}

Result<void> validate_agent_queue(const AgentConfig& config) {
  if (config.memory_limit < agent::kLeastMemoryLimit)
    return fail(Code::kInvalid, "memory.limit must be at least 64MiB");
  if (config.batch_bytes == 0 || config.batch_bytes > limits::kRequestBytes)
    return fail(Code::kInvalid,
                "queue.batch_bytes must be between 1 and {}: no store takes a larger request",
                limits::kRequestBytes);
  constexpr uint64_t kLeastOnDisk = 64 << 10;
  if (config.queue_directory.empty() && config.queue_bytes > config.memory_limit / 2)
    return fail(Code::kInvalid,
                "queue.max_bytes ({}) is more than half of memory.limit ({}): keep the queue in "
                "queue.directory, or raise memory.limit",
                config.queue_bytes, config.memory_limit);
  if (!config.queue_directory.empty() && config.queue_bytes != 0 &&
      config.queue_bytes < kLeastOnDisk)
    return fail(Code::kInvalid, "queue.max_bytes must be at least 64KiB");
  return {};
}

agent::QueueOptions queue_options(const AgentConfig& config) {
  constexpr uint64_t kDefaultOnDisk = uint64_t{4} << 30;
  agent::MemorySplit memory(config.memory_limit);
  bool on_disk = !config.queue_directory.empty();
  agent::QueueOptions options;
  options.directory = config.queue_directory;
  options.max_bytes = config.queue_bytes != 0 ? config.queue_bytes
                      : on_disk               ? kDefaultOnDisk
                                              : memory.queue_bytes;
  options.memory_bytes = memory.queue_bytes;
  options.durability = config.queue_durability == "fsync" ? agent::Durability::kFsync
                       : config.queue_durability == "os"  ? agent::Durability::kOs
                                                          : agent::Durability::kMemory;
  options.overflow =
      config.queue_overflow == "refuse" ? agent::Overflow::kRefuse : agent::Overflow::kDropOldest;
  options.batch = {.batch_bytes = config.batch_bytes, .batch_timeout = config.batch_timeout};
  return options;
}

}  // namespace clew
