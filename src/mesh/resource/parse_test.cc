#include "mesh/resource/parse.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"

namespace clew::mesh {
namespace {

using ::testing::HasSubstr;

std::string problems(std::string_view text) {
  auto parsed = parse_resources(text, "mesh.yaml");
  return parsed ? "" : parsed.error().message;
}

TEST(ParseResources, ReadsKumasMeshTrace) {
  auto parsed = parse_resources(R"(
type: MeshTrace
mesh: default
name: all
labels: {team: core}
creationTime: 2026-01-01T00:00:00Z
spec:
  targetRef: {kind: Mesh}
  default:
    backends:
    - type: Zipkin
      zipkin: {url: "http://c:9411/api/v2/spans", traceId128bit: false, apiVersion: httpJson}
    sampling: {overall: 100, random: "12.5"}
    tags:
    - {name: team, literal: core}
    - {name: env, header: {name: x-env, default: prod}}
---
)",
                                "mesh.yaml");
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  ASSERT_EQ(parsed->size(), 1u);
  const Resource& trace = parsed->front();
  EXPECT_EQ(trace.key, (ResourceKey{"MeshTrace", "default", "all"}));
  EXPECT_EQ(trace.labels.at("team"), "core");
  EXPECT_EQ(trace.body["spec"]["default"]["sampling"]["overall"], 100);
  EXPECT_EQ(trace.body["spec"]["default"]["sampling"]["random"], "12.5");
  EXPECT_EQ(trace.body["spec"]["default"]["backends"][0]["zipkin"]["traceId128bit"], false);
  EXPECT_FALSE(trace.body.contains("creationTime"));
}

TEST(ParseResources, ReadsListsAndJson) {
  auto parsed = parse_resources(R"([{"type": "Mesh", "name": "a"}, {"type": "Zone", "name": "z"}])",
                                "x.json");
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(parsed->size(), 2u);
  EXPECT_EQ(parsed->back().key.mesh, "");
}

TEST(ParseResources, NamesFileLineAndPathOfEveryProblem) {
  EXPECT_EQ(problems(R"(type: MeshTrace
name: all
spec:
  default:
    backends:
    - type: Datadog
      datadog: {url: "http://x"}
    sampling: {overal: 5}
)"),
            "mesh.yaml:7: MeshTrace all: spec.default.backends[0].datadog: not supported: use "
            "zipkin or openTelemetry\n"
            "mesh.yaml:8: MeshTrace all: spec.default.sampling.overal: unknown field; there are "
            "client, overall, random");
}

TEST(ParseResources, AnEmptySectionIsAProblemAndNotSkipped) {
  EXPECT_EQ(problems("type: MeshHTTPRoute\nname: a\nspec:\n  to:\n  - targetRef: {kind: "
                     "MeshService, name: x}\n    rules:\n    - default:\n        filters:\n"
                     "        - type: URLRewrite\n          urlRewrite:\n"),
            "mesh.yaml:10: MeshHTTPRoute a: spec.to[0].rules[0].default.filters[0].urlRewrite: is "
            "empty; write a value or leave it away");
}

TEST(ParseResources, SaysWhatExcludesOrNeedsWhat) {
  auto trace = [](std::string rest) {
    return problems("type: MeshTrace\nname: t\nspec:\n  default:\n    " + rest);
  };
  EXPECT_THAT(
      trace("tags: [{name: a, literal: b, formatter: c}]"),
      HasSubstr("mesh.yaml:5: MeshTrace t: spec.default.tags[0]: set exactly one of literal"));
  EXPECT_THAT(trace("sampling: {random: 101}"), HasSubstr("must be 0 to 100"));
  EXPECT_THAT(trace("backends: [{type: Zipkin}]"), HasSubstr("needs the section zipkin"));
  EXPECT_THAT(problems("type: Dataplane\nname: d\nnetworking: {address: 1.2.3.4}"),
              HasSubstr("networking: needs inbound or gateway"));
  EXPECT_THAT(problems("type: Mesh\nname: m\nmtls: {enabledBackend: ca}"),
              HasSubstr("there is no backend of that name"));
  EXPECT_THAT(problems("type: Zone\nname: z\ncoordinates: {latitude: 91, longitude: 0}"),
              HasSubstr("must be -90 to 90"));
}

TEST(ParseResources, SaysWhichListenersOfAGatewayCannotBe) {
  auto gateway = [](std::string type, std::string listeners) {
    return problems("type: Dataplane\nname: d\nnetworking:\n  address: 1.2.3.4\n  gateway:\n" +
                    ("    type: " + type) + "\n    listeners:\n" + listeners);
  };
  std::string tls = "protocol: HTTPS, tls: {certificates: [{certificateFile: a, keyFile: b}]}";
  std::string first = "    - {port: 443, " + tls + "}\n";
  EXPECT_EQ(gateway("EDGE", first + "    - {port: 443, " + tls + ", address: 1.2.3.5}\n"), "");
  EXPECT_THAT(gateway("EDGE", first + "    - {address: 1.2.3.4, port: 443}\n"),
              HasSubstr("mesh.yaml:9: Dataplane d: networking.gateway.listeners[1].port: another "
                        "listener has it"));
  std::string http3 = "mesh.yaml:8: Dataplane d: networking.gateway.listeners[0].http3: only an";
  EXPECT_EQ(gateway("EDGE", "    - {http3: true, port: 1, " + tls + "}\n"), "");
  EXPECT_THAT(gateway("EDGE", "    - {http3: true, port: 1}\n"), HasSubstr(http3));
  EXPECT_THAT(gateway("INGRESS", "    - {http3: true, port: 1, " + tls + "}\n"), HasSubstr(http3));
}

/// Of each policy what it would have no effect on: it must not look as if it had one.
TEST(ParseResources, RefusesWhatWouldHaveNoEffect) {
  auto policy = [](std::string kind, std::string spec) {
    return problems("type: " + kind + "\nname: p\nspec:\n  " + spec + "\n");
  };
  const std::string mesh = "targetRef: {kind: Mesh}, default: ";
  const std::string route = "{targetRef: {kind: MeshHTTPRoute, name: r}, ";
  struct Case {
    std::string kind, spec, path;
  };
  const Case cases[] = {
      {"MeshTimeout", "{targetRef: {kind: Dataplane, name: d, sectionName: a}, to: []}",
       "spec.targetRef.sectionName: not supported"},
      {"MeshTimeout",
       "to: [{targetRef: {kind: MeshMultiZoneService, name: x}, default: {idleTimeout: 1s}}]",
       "spec.to[0].targetRef.kind: must be one of Mesh, MeshService"},
      {"MeshTimeout", "from: [{targetRef: {kind: MeshService, name: x}, default: {}}]",
       "spec.from[0].targetRef.kind: must be one of Mesh"},
      {"MeshTimeout", "to: [{" + mesh + "{http: {requestHeadersTimeout: 1s}}}]",
       "spec.to[0].default.http.requestHeadersTimeout: not supported for what goes out"},
      {"MeshTimeout", route + "to: [{" + mesh + "{connectionTimeout: 1s}}]}",
       "spec.to[0].default.connectionTimeout: not supported for a MeshHTTPRoute"},
      {"MeshTimeout", route + "to: [{targetRef: {kind: MeshService, name: x}, default: {}}]}",
       "spec.to[0].targetRef.kind: must be Mesh"},
      {"MeshRetry", "to: [{" + mesh + "{http: {retryOn: [\"503\", Sometimes]}}}]",
       "spec.to[0].default.http.retryOn[1]: must be a status"},
      {"MeshCircuitBreaker", route + "to: [{" + mesh + "{}}]}",
       "spec.targetRef.kind: must be one of Mesh"},
      {"MeshHealthCheck", "to: [{targetRef: {kind: MeshHTTPRoute, name: r}, default: {}}]",
       "spec.to[0].targetRef.kind: must be one of Mesh"},
      {"MeshLoadBalancingStrategy", route + "to: [{" + mesh + "{loadBalancer: {type: Random}}}]}",
       "spec.to[0].default.loadBalancer: not supported for a MeshHTTPRoute"},
      {"MeshTrafficPermission",
       "from: [{targetRef: {kind: MeshSubset, tags: {version: v1}}, default: {action: Allow}}]",
       "spec.from[0].targetRef.tags.version: not supported"},
      {"MeshAccessLog", "to: [{targetRef: {kind: MeshService, name: x}, default: {backends: []}}]",
       "spec.to[0].targetRef.kind: must be one of Mesh"},
      {"MeshAccessLog",
       "rules: [{default: {backends: [{type: File, file: {path: /a, format: {type: Json, plain: "
       "x}}}]}}]",
       "spec.rules[0].default.backends[0].file.format: type Json needs the section json"},
      {"MeshTrace", route + "default: {backends: []}}",
       "spec.default.backends: not supported for a MeshHTTPRoute"},
      {"MeshTrace",
       "{targetRef: {kind: MeshService, name: x, sectionName: a}, default: {verbose: true}}",
       "spec.default.verbose: not supported for a port"},
      {"MeshTrace", "{targetRef: {kind: Dataplane, name: x, sectionName: a}, default: {}}",
       "spec.targetRef.sectionName: only a MeshService has several ports"},
      {"MeshTrace",
       "default: {serviceName: x, backends: [{type: Zipkin, zipkin: {url: \"https://c\"}}]}",
       "spec.default.backends[0].zipkin.url: not supported: collectors are reached without TLS"},
      {"MeshTrace",
       "default: {serviceName: x, backends: [{type: Zipkin, zipkin: {url: \"http://c\"}}]}",
       "spec.default.serviceName: not supported: Zipkin's"},
      {"MeshIdentity", "provider: {type: Bundled, bundled: {autogenerate: {enabled: false}}}",
       "spec.provider.bundled.autogenerate.enabled: not supported"},
      {"MeshHTTPRoute",
       "to: [{targetRef: {kind: MeshService, name: x}, rules: [{default: {filters: [{type: "
       "RequestRedirect, requestRedirect: {statusCode: 305}}]}}]}]",
       "requestRedirect.statusCode: must be one of 301"},
      {"MeshHTTPRoute",
       "to: [{targetRef: {kind: MeshService, name: x}, rules: [{matches: [{queryParams: [{type: "
       "Absent, name: q}]}], default: {}}]}]",
       "queryParams[0].type: must be one of"},
  };
  for (const Case& each : cases) {
    std::string told = policy(each.kind, each.spec);
    EXPECT_THAT(told, HasSubstr(each.path)) << each.spec;
    EXPECT_THAT(told, HasSubstr("mesh.yaml:4: " + each.kind + " p: spec.")) << each.spec;
  }
}

TEST(ParseResources, SaysWhichPortsOfAServiceCannotBe) {
  auto ports = [](std::string ports) {
    return problems("type: MeshService\nname: s\nspec:\n  ports: [" + ports + "]\n");
  };
  const std::string where = "mesh.yaml:4: MeshService s: spec.ports";
  EXPECT_EQ(ports("{port: 1, name: a}, {port: 2, targetPort: a}, {port: 3, targetPort: 1}"), "");
  EXPECT_THAT(ports("{port: 1}, {port: 2}, {port: 1}"),
              HasSubstr(where + "[2].port: another port has this number"));
  EXPECT_THAT(ports("{port: 1, name: a}, {port: 2, name: a}"),
              HasSubstr(where + "[1].name: another port has this name"));
  EXPECT_THAT(ports("{port: 1, name: \"2\"}"), HasSubstr(where + "[0].name: must not be a number"));
  for (const char* target : {"70000", "0", "[a]"})
    EXPECT_THAT(ports(fmt::format("{{port: 1, targetPort: {}}}", target)),
                HasSubstr(where + "[0].targetPort: must be the port of an inbound"));
  EXPECT_THAT(problems("type: MeshTimeout\nname: t\nspec:\n  to: [{targetRef: {kind: "
                       "MeshExternalService, name: x, sectionName: a}, default: {}}]\n"),
              HasSubstr("spec.to[0].targetRef.sectionName: only a MeshService has several ports"));
  EXPECT_THAT(problems("type: MeshHTTPRoute\nname: r\nspec:\n  to: [{targetRef: {kind: Mesh}, "
                       "hostnames: [a], rules: [{default: {backendRefs: [{name: x, sectionName: "
                       "a}]}}]}]\n"),
              HasSubstr("backendRefs[0].sectionName: not supported: write the port's number"));
}

TEST(ParseResources, RefusesOfADataplaneWhatWouldHaveNoEffect) {
  auto dataplane = [](std::string networking) {
    return problems("type: Dataplane\nname: d\nnetworking:\n  address: 1.2.3.4\n" + networking);
  };
  EXPECT_THAT(dataplane("  inbound: [{port: 1}]\n  outbound:\n  - {port: 2, tags: {"
                        "kuma.io/service: a, version: v1}}\n"),
              HasSubstr("mesh.yaml:7: Dataplane d: networking.outbound[0].tags.version: not"));
  EXPECT_THAT(dataplane("  inbound: [{port: 1}]\n  outbound: [{port: 2, tags: {a: b}}]\n"),
              HasSubstr("networking.outbound[0].tags: needs kuma.io/service"));
  EXPECT_THAT(dataplane("  inbound: [{port: 1, tags: {kuma.io/service: \"a:80\"}}]\n"),
              HasSubstr("networking.inbound[0].tags.kuma.io/service: must not end in a port"));
  EXPECT_THAT(dataplane("  inbound: [{port: 1}]\n  outbound: [{port: 2, tags: {kuma.io/service: "
                        "\"a:80\"}}]\n"),
              HasSubstr("networking.outbound[0].tags.kuma.io/service: must not end in a port"));
  EXPECT_THAT(dataplane("  gateway: {type: DELEGATED, listeners: [{port: 1}]}\n"),
              HasSubstr("networking.gateway.listeners: only EDGE and INGRESS have listeners"));
  std::string tls = "tls: {certificates: [{certificateFile: a, keyFile: b}]}";
  EXPECT_THAT(dataplane("  gateway: {type: INGRESS, listeners: [{port: 1, protocol: HTTPS, " + tls +
                        "}]}\n"),
              HasSubstr("listeners[0].protocol: an INGRESS has the mesh's certificates"));
  EXPECT_THAT(dataplane("  gateway: {type: EDGE, listeners: [{port: 1, " + tls + "}]}\n"),
              HasSubstr("listeners[0].tls: only a listener of HTTPS has certificates"));
}

TEST(ParseResources, RefusesWhatIsNoResource) {
  EXPECT_THAT(problems("a: ["), HasSubstr("mesh.yaml:2:"));
  EXPECT_THAT(problems("- 5"), HasSubstr("a resource is a mapping"));
  EXPECT_THAT(problems("name: x"), HasSubstr("type: is missing"));
  EXPECT_THAT(problems("type: Pod\nname: x"), HasSubstr("there is no such kind"));
  EXPECT_THAT(problems("type: Mesh\nname: Not A Name"), HasSubstr("name: must be"));
  EXPECT_THAT(problems("apiVersion: kuma.io/v1alpha1\nkind: Mesh"), HasSubstr("Kubernetes"));
  EXPECT_THAT(problems("type: Mesh\nname: a\nname: b"), HasSubstr("is there twice"));
  EXPECT_THAT(
      problems("type: MeshTrust\nname: a\nspec:\n  trustDomain: default\n  caBundles: []\n  "
               "origin: &c\n    x: *c\n"),
      HasSubstr("too"));
  std::string large(limits::kResourceFileBytes + 1, ' ');
  EXPECT_EQ(parse_resources(large, "x").error().code, Code::kTooLarge);
}

TEST(ParseResources, CountsLinesOverDocumentsAndIgnoresNothing) {
  EXPECT_EQ(problems("type: Mesh\nname: a\n--- {type: Mesh, nam: b}\n...\n---\r\ntype: Pod\n"),
            "mesh.yaml:3: Mesh : name: must be 1 to 253 of a-z, 0-9, '-', '.' and '_'\n"
            "mesh.yaml:3: Mesh : nam: unknown field; there are mtls, skipCreatingInitialPolicies\n"
            "mesh.yaml:6: Pod : type: there is no such kind");
  EXPECT_NE(problems("\n,"), "");
  EXPECT_NE(problems("type: Mesh\nname: a\n}"), "");
  EXPECT_NE(problems("{type: Mesh, name: a}\n{type: Mesh, name: b}"), "");
}

TEST(ParseResources, ReadsBackWhatItWrites) {
  auto parsed = parse_resources(
      "type: Dataplane\nmesh: m\nname: d\nlabels: {kuma.io/zone: fra}\nnetworking:\n  address: "
      "10.0.0.1\n  inbound: [{port: 80, tags: {kuma.io/service: \"true\", version: \"1\"}}]\n",
      "x");
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  std::string yaml = yaml_of(parsed->front());
  auto again = parse_resources(yaml, "y");
  ASSERT_TRUE(again.has_value()) << again.error().message << yaml;
  EXPECT_EQ(json_of(again->front()), json_of(parsed->front()));
}

TEST(ParseResources, ReadsCharactersThatJsonWritesAsTwoEscapes) {
  auto mark = [](std::string_view written) {
    auto parsed = parse_resources(
        fmt::format(R"({{"type": "Zone", "name": "fra", "labels": {{"mark": "{}"}}}})", written),
        "zone.json");
    return parsed ? parsed->front().labels["mark"] : parsed.error().message;
  };
  EXPECT_EQ(mark("a\\ud83d\\ude00z"), "a\xF0\x9F\x98\x80z");
  EXPECT_EQ(mark("\\udbff\\udfff"), "\xF4\x8F\xBF\xBF");
  EXPECT_EQ(mark("\\u00fc"), "\xC3\xBC");
  EXPECT_EQ(mark("\\\\ud83d\\\\ude00"), "\\ud83d\\ude00");
  EXPECT_THAT(mark("\\ud83d"), HasSubstr("zone.json:1: invalid unicode"));
  EXPECT_THAT(mark("\\ude00\\ud83d"), HasSubstr("zone.json:1: invalid unicode"));
}

TEST(ParseResources, TakesNoBytesThatAreNoText) {
  EXPECT_EQ(problems("type: Zone\nname: fra\nlabels: {a: \xC3\xBC}\n"), "");
  EXPECT_EQ(problems("type: Zone\nname: fra\nlabels: {a: \xFF}\n"), "mesh.yaml:3: is not UTF-8");
  EXPECT_EQ(problems("type: Zone\nname: \"\xC3\n\""), "mesh.yaml:2: is not UTF-8");
}

}  // namespace
}  // namespace clew::mesh
