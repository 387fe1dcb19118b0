#include "api/clew_system.h"

#include <chrono>
#include <fstream>
#include <utility>

#include <unistd.h>

#include "api/clew_agents.h"
#include "api/clew_openapi.h"
#include "api/endpoints.h"
#include "base/disk.h"
#include "base/json.h"
#include "base/log.h"
#include "store/space_watch.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponder;
using net::HttpResponse;

constexpr std::string_view kPath = "/api/clew/v1/system";
constexpr UnixNanos kNanosPerMicro = 1000;

/// Memory that the process has now; 0 where the system does not say.
uint64_t resident_bytes() {
  uint64_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

void write_storage(JsonWriter& json, const store::StoreStats& stats, const SystemAbout& about) {
  json.key("storage").begin_object().member("kind", about.in_memory ? "memory" : "disk");
  if (!about.in_memory)
    json.member("directory", about.directory).member("durability", about.durability);
  json.member("refuses", stats.read_only_reason);
  json.member("headSpans", stats.head_spans).member("headTraces", stats.head_traces);
  json.member("headBytes", stats.head_bytes).member("blocks", stats.blocks);
  json.member("blockBytes", stats.block_bytes).member("logBytes", stats.log_bytes);
  json.member("damagedSections", stats.damaged_sections).end_object();
}

void write_limits(JsonWriter& json, const SystemAbout& about,
                  const std::optional<DiskSpace>& space) {
  json.key("limits").begin_object().member("headBytes", about.head_bytes);
  json.member("maxAgeMs", about.max_age.count());
  // As store_open.cc has it.
  if (about.max_bytes || space)
    json.member("maxBytes", about.max_bytes.value_or(space ? space->total_bytes / 10 * 8 : 0));
  if (about.max_spans) json.member("maxSpans", *about.max_spans);
  json.member("tenantsWithOwnRetention", about.tenants).end_object();
}

void write_disk(JsonWriter& json, const SystemAbout& about, const DiskSpace& space) {
  uint64_t least = about.min_free_bytes.value_or(store::default_min_free_bytes(space.total_bytes));
  json.key("disk").begin_object().member("totalBytes", space.total_bytes);
  json.member("freeBytes", space.free_bytes).member("minFreeBytes", least).end_object();
}

/// Of the file system that holds the store; nothing where there is none, or it does not say.
std::optional<DiskSpace> disk_space(const SystemAbout& about) {
  if (about.in_memory) return std::nullopt;
  auto space = Disk::system().space(about.directory);
  return space ? std::optional(*space) : std::nullopt;
}

std::string json_of(const store::Store& store, opamp::Agents& agents, const SystemAbout& about) {
  JsonWriter json;
  json.begin_object().member("version", about.version);
  json.member("startedUs", about.started / kNanosPerMicro);
  json.member("nowUs", Clock::system().now() / kNanosPerMicro);
  json.key("receivers").begin_array();
  for (const auto& [name, address] : about.receivers)
    json.begin_object().member("name", name).member("value", address).end_object();
  json.end_array();
  auto space = disk_space(about);
  write_storage(json, store.stats(), about);
  write_limits(json, about, space);
  if (space) write_disk(json, about, *space);
  json.key("memory").begin_object().member("residentBytes", resident_bytes());
  json.member("limitBytes", about.memory_limit).end_object();
  write_agents(json, agents);
  json.key("log").begin_array();
  for (const log::Line& line : log::recent_problems()) {
    json.begin_object().member("timeMs", line.time_ms).member("level", line.level);
    json.member("text", line.text).end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace

void add_clew_system(net::HttpRoutes& routes, store::Store& store, opamp::Agents& agents,
                     SystemAbout about) {
  routes.add("GET", kPath,
             [&store, &agents, about = std::move(about), params = DescribedParams("GET", kPath)](
                 const HttpRequest& request, HttpResponder responder) {
               if (auto checked = params.check(request); !checked)
                 return responder.send(HttpResponse::json_error(checked.error()));
               HttpResponse answer = HttpResponse::json(200, json_of(store, agents, about));
               compress_if_wanted(request, answer);
               responder.send(std::move(answer));
             });
}

}  // namespace clew::api
