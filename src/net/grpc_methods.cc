#include <algorithm>
#include <set>

#include "base/check.h"
#include "net/grpc_server.h"

namespace clew::net {

std::string_view GrpcRequest::meta(std::string_view name) const {
  for (const auto& [key, value] : metadata) {
    if (key == name) return value;
  }
  return {};
}

void GrpcMethods::unary(std::string full_name, GrpcHandler handler) {
  CLEW_CHECK(full_name.starts_with('/') && handler != nullptr);
  methods_[std::move(full_name)] = std::move(handler);
}

void GrpcMethods::stream(std::string full_name, GrpcStreamFactory factory) {
  CLEW_CHECK(full_name.starts_with('/') && factory != nullptr);
  streams_[std::move(full_name)] = std::move(factory);
}

const GrpcHandler* GrpcMethods::find(const std::string& full_name) const {
  auto found = methods_.find(full_name);
  return found == methods_.end() ? nullptr : &found->second;
}

const GrpcStreamFactory* GrpcMethods::find_stream(const std::string& full_name) const {
  auto found = streams_.find(full_name);
  return found == streams_.end() ? nullptr : &found->second;
}

bool GrpcMethods::has_service(std::string_view service) const {
  std::string prefix = fmt::format("/{}/", service);
  auto is_of = [&](const auto& entry) { return entry.first.starts_with(prefix); };
  return std::ranges::any_of(methods_, is_of) || std::ranges::any_of(streams_, is_of);
}

std::vector<std::string> GrpcMethods::services() const {
  std::set<std::string> names = {"grpc.health.v1.Health"};
  auto add = [&](const std::string& method) {
    names.insert(method.substr(1, method.rfind('/') - 1));
  };
  for (const auto& [method, handler] : methods_) add(method);
  for (const auto& [method, factory] : streams_) add(method);
  return {names.begin(), names.end()};
}

}  // namespace clew::net
