// A large mesh to measure with: zones with an ingress each, edges, services behind sidecars that
// call a few others, and a public host for every service.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mesh/compose/json_access.h"
#include "mesh/resource/resource.h"

namespace clew::mesh {

struct MeshSize {
  int services = 1000, sidecars = 5000, zones = 10, edges = 50, calls = 5;
};

inline ResourcePtr bench_resource(std::string_view text) {
  Json json = Json::parse(text);
  Resource resource{.key = {text_at(json, "type"), text_at(json, "mesh"), text_at(json, "name")},
                    .labels = texts_at(json, "labels"),
                    .body = nullptr};
  for (const char* field : {"type", "mesh", "name", "labels"}) json.erase(field);
  resource.body = std::move(json);
  return std::make_shared<const Resource>(std::move(resource));
}

/// The sidecar `number` of one of the services, with its inbound at `port`.
inline ResourcePtr bench_sidecar(const MeshSize& size, int number, int port) {
  int service = number % size.services;
  std::string outbounds;
  for (int i = 0; i < size.calls; ++i)
    outbounds +=
        fmt::format(R"({}{{"port":{},"tags":{{"kuma.io/service":"service-{}"}}}})",
                    i == 0 ? "" : ",", 10'000 + i, (service * 7 + i * 13 + 1) % size.services);
  return bench_resource(fmt::format(
      R"({{"type":"Dataplane","mesh":"default","name":"sidecar-{}",)"
      R"("labels":{{"kuma.io/zone":"zone-{}"}},"networking":{{"address":"10.{}.{}.{}",)"
      R"("inbound":[{{"port":{},"servicePort":8000,"tags":{{"kuma.io/service":"service-{}"}}}}],)"
      R"("outbound":[{}]}}}})",
      number, (number / size.services + number) % size.zones, 1 + number / 65'536,
      number / 256 % 256, number % 256, port, service, outbounds));
}

/// One service's requests traced or not, as `clew mesh` tells edges.
inline ResourcePtr bench_toggle(int service, double percent) {
  return bench_resource(fmt::format(
      R"({{"type":"MeshTrace","mesh":"default","name":"one-app","spec":{{"targetRef":)"
      R"({{"kind":"MeshService","name":"service-{}"}},"default":{{"sampling":{{"overall":{}}}}}}}}})",
      service, percent));
}

inline std::vector<ResourcePtr> bench_mesh(const MeshSize& size) {
  std::vector<ResourcePtr> all = {
      bench_resource(R"({"type":"Mesh","name":"default","mtls":{"enabledBackend":"ca","backends":)"
                     R"([{"name":"ca","type":"builtin","mode":"STRICT"}]}})"),
      bench_resource(
          R"({"type":"MeshTrafficPermission","mesh":"default","name":"all","spec":{"from":)"
          R"([{"targetRef":{"kind":"Mesh"},"default":{"action":"Allow"}}]}})"),
      bench_resource(
          R"({"type":"MeshTrace","mesh":"default","name":"all","spec":{"default":{"backends":)"
          R"([{"type":"OpenTelemetry","openTelemetry":{"endpoint":"127.0.0.1:4317"}}]}}})")};
  auto gateway = [&](const char* type, const char* place, const char* label, int i, int net) {
    all.push_back(bench_resource(fmt::format(
        R"({{"type":"{}","name":"{}-{}","coordinates":{{"latitude":{},"longitude":{}}}}})",
        std::string(place) == "zone" ? "Zone" : "Edge", place, i, i * 13 % 120 - 60,
        i * 37 % 360 - 180)));
    all.push_back(bench_resource(fmt::format(
        R"({{"type":"Dataplane","mesh":"default","name":"gateway-{}-{}","labels":{{"{}":"{}-{}"}},)"
        R"("networking":{{"address":"10.{}.0.{}","gateway":{{"type":"{}","listeners":)"
        R"([{{"port":8443}}]}}}}}})",
        place, i, label, place, i, net, i + 1, type)));
  };
  for (int i = 0; i < size.zones; ++i) gateway("INGRESS", "zone", "kuma.io/zone", i, 200);
  for (int i = 0; i < size.edges; ++i) gateway("EDGE", "edge", "clew.io/edge", i, 201);
  for (int i = 0; i < size.services; ++i)
    all.push_back(bench_resource(fmt::format(
        R"({{"type":"MeshHTTPRoute","mesh":"default","name":"app-{0}","spec":{{"to":[{{)"
        R"("targetRef":{{"kind":"Mesh"}},"hostnames":["app-{0}.example"],"rules":[{{"matches":)"
        R"([{{"path":{{"type":"PathPrefix","value":"/"}}}}],"default":{{"backendRefs":)"
        R"([{{"kind":"MeshService","name":"service-{0}"}}]}}}}]}}]}}}})",
        i)));
  for (int i = 0; i < size.sidecars; ++i) all.push_back(bench_sidecar(size, i, 9000));
  return all;
}

}  // namespace clew::mesh
