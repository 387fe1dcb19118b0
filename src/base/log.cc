#include "base/log.h"

#include <spdlog/sinks/ringbuffer_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <memory>

namespace clew::log {
namespace {

constexpr size_t kProblems = 50;

std::shared_ptr<spdlog::sinks::ringbuffer_sink_mt>& problems() {
  static auto sink = std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(kProblems);
  return sink;
}

}  // namespace

Result<void> configure(std::string_view level) {
  auto parsed = spdlog::level::from_str(std::string(level));
  if (parsed == spdlog::level::off && level != "off")
    return fail(Code::kInvalid, "log level \"{}\": use debug, info, warn or error", level);
  auto logger = spdlog::stderr_logger_mt("clew");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-5l %v", spdlog::pattern_time_type::utc);
  logger->set_level(parsed);
  problems()->set_level(spdlog::level::warn);
  logger->sinks().push_back(problems());
  spdlog::set_default_logger(std::move(logger));
  return {};
}

std::vector<Line> recent_problems() {
  std::vector<Line> lines;
  for (const auto& message : problems()->last_raw()) {
    auto time =
        std::chrono::duration_cast<std::chrono::milliseconds>(message.time.time_since_epoch());
    auto level = spdlog::level::to_string_view(message.level);
    lines.push_back({time.count(), std::string(level.data(), level.size()),
                     std::string(message.payload.data(), message.payload.size())});
  }
  return lines;
}

}  // namespace clew::log
