#include "api/agent_page.h"

#include <nlohmann/json.hpp>

#include "api/ui.h"
#include "base/log.h"

namespace clew::api {
namespace {

nlohmann::json list_of(const AgentAbout::Names& names) {
  auto list = nlohmann::json::array();
  for (const auto& [name, value] : names) list.push_back({{"name", name}, {"value", value}});
  return list;
}

std::string json_of(const AgentAbout& about) {
  auto log = nlohmann::json::array();
  for (const log::Line& line : log::recent_problems())
    log.push_back({{"timeMs", line.time_ms}, {"level", line.level}, {"text", line.text}});
  nlohmann::json json = {{"version", about.version},
                         {"place", list_of(about.place)},
                         {"receivers", list_of(about.receivers)},
                         {"exporters", list_of(about.exporters)},
                         {"log", std::move(log)}};
  // What peers say of themselves stands in the log, and need not be UTF-8.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void add_agent_page(net::HttpRoutes& routes, std::function<AgentAbout()> about) {
  routes.add("GET", "/api/clew/v1/agent",
             [about = std::move(about)](net::HttpRequest, net::HttpResponder responder) {
               net::HttpResponse response;
               response.content_type = "application/json";
               response.body = SharedBytes::take(json_of(about()));
               responder.send(std::move(response));
             });
  add_ui(routes, UiPages::kAgent);
}

}  // namespace clew::api
