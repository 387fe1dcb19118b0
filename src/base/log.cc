#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>

#include <string>

namespace clew::log {

Result<void> configure(std::string_view level) {
  auto parsed = spdlog::level::from_str(std::string(level));
  if (parsed == spdlog::level::off && level != "off")
    return fail(Code::kInvalid, "log level \"{}\": use debug, info, warn or error", level);
  auto logger = spdlog::stderr_logger_mt("clew");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-5l %v", spdlog::pattern_time_type::utc);
  logger->set_level(parsed);
  spdlog::set_default_logger(std::move(logger));
  return {};
}

}  // namespace clew::log
