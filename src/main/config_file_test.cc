#include "main/config_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "main/roles.h"

namespace clew {
namespace {

/// The problems of a YAML text read as an agent's configuration; "" if there are none.
std::string problems(const std::string& yaml, AgentConfig* into = nullptr) {
  AgentConfig config;
  auto applied = apply_yaml("agent.yaml", yaml, settings_of(into ? *into : config));
  return applied ? "" : applied.error().message;
}

TEST(ConfigFile, ReadsTheCommonCase) {
  AgentConfig config;
  EXPECT_EQ(problems(R"(
place: {datacenter: fra1, core_location: fra}
receivers:
  otlp: {grpc: "127.0.0.1:14317", http: off}
queue: {directory: /var/lib/clew/agent, max_bytes: 1GiB}
retry_on_failure:
  max_interval: 1m30s
exporters:
  otlp: {endpoint: "store.internal:4317"}
)",
                     &config),
            "");
  EXPECT_EQ(config.edits.place.datacenter, "fra1");
  EXPECT_EQ(config.receivers.otlp_grpc, (net::Address{"127.0.0.1", 14317}));
  EXPECT_FALSE(config.receivers.otlp_http.has_value());
  EXPECT_EQ(config.queue_bytes, 1ull << 30);
  EXPECT_EQ(config.retry.max_interval, std::chrono::seconds(90));
  EXPECT_EQ(config.exporters["otlp"].endpoint, "store.internal:4317");
  EXPECT_TRUE(validate(config).has_value());
}

TEST(ConfigFile, AnEmptyFileSetsNothing) {
  EXPECT_EQ(problems(""), "");
  EXPECT_EQ(problems("receivers:\n"), "");
}

TEST(ConfigFile, ErrorsTellFileLineAndSetting) {
  EXPECT_EQ(problems("place:\n  data_center: fra1\n"),
            "agent.yaml:2: place.data_center: unknown setting (did you mean place.datacenter?)");
  EXPECT_EQ(problems("queue:\n  max_bytes: lots\n"),
            "agent.yaml:2: queue.max_bytes: \"lots\" is no size; write it like 512MiB or 4GiB");
  EXPECT_EQ(problems("\n\nexporters: 5\n"),
            "agent.yaml:3: exporters: this is a section; write its settings indented below it");
  EXPECT_EQ(problems("http: [a, b]\n"), "agent.yaml:1: http: a single value is needed");
  EXPECT_EQ(problems("http: off\nhttp: off\n"),
            "agent.yaml:2: http: it stands here twice; remove one");
  EXPECT_EQ(problems("- a\n"),
            "agent.yaml:1: a configuration is a mapping of settings, like `http: …`");
}

TEST(ConfigFile, AllProblemsAreToldAtOnce) {
  std::string told = problems("queue:\n  num_consumers: 0\nlog:\n  level: loud\n");
  EXPECT_EQ(told,
            "agent.yaml:2: queue.num_consumers: \"0\" is no whole number from 1 to 1000\n"
            "agent.yaml:4: log.level: \"loud\" is not one of debug|info|warn|error");
}

/// The problems of a YAML text read as a store's configuration; "" if there are none.
std::string store_problems(const std::string& yaml, StoreConfig& into) {
  auto applied = apply_yaml("store.yaml", yaml, settings_of(into));
  return applied ? "" : applied.error().message;
}

TEST(ConfigFile, TenantsMayHaveARetentionOfTheirOwn) {
  StoreConfig config;
  EXPECT_EQ(store_problems(R"(
retention:
  max_age: 48h
  tenants:
    shop: {max_age: 24h, max_bytes: 10GiB}
    a.b:
      max_bytes: 1KiB
)",
                           config),
            "");
  store::RetentionOverrides expected;
  expected[Tenant::parse("shop").value()] = {std::chrono::hours(24), 10ull << 30};
  expected[Tenant::parse("a.b").value()] = {std::nullopt, 1024};
  EXPECT_EQ(config.tenant_retention, expected);
}

TEST(ConfigFile, WrongRetentionOfATenantIsToldWithItsLine) {
  StoreConfig config;
  EXPECT_EQ(store_problems("retention:\n"
                           "  tenants:\n"
                           "    shop:\n"
                           "      max_ages: 24h\n"
                           "      max_bytes: lots\n"
                           "      max_age: 30m\n"
                           "    b/d: {max_age: 24h}\n"
                           "    ads: 5\n"
                           "    shop: {max_age: 24h}\n"
                           "    x: {max_age: [1]}\n",
                           config),
            "store.yaml:4: retention.tenants.shop.max_ages: unknown setting (did you mean "
            "retention.tenants.shop.max_age?)\n"
            "store.yaml:5: retention.tenants.shop.max_bytes: \"lots\" is no size; write it like "
            "512MiB or 4GiB\n"
            "store.yaml:6: retention.tenants.shop.max_age: max_age must be at least 1h, not 30m\n"
            "store.yaml:7: retention.tenants.b/d: " +
                Tenant::parse("b/d").error().message +
                "\n"
                "store.yaml:8: retention.tenants.ads: this is a section; write its settings "
                "indented below it\n"
                "store.yaml:9: retention.tenants.shop: it stands here twice; remove one\n"
                "store.yaml:10: retention.tenants.x.max_age: a single value is needed");
}

TEST(Setting, RetentionOfTenantsAsText) {
  store::RetentionOverrides table;
  Setting setting = tenant_retention_setting("k", "--f", "", table);
  ASSERT_TRUE(setting.set("shop=24h/10GiB,ads=/1KiB,x=48h"));
  store::RetentionOverrides expected;
  expected[Tenant::parse("shop").value()] = {std::chrono::hours(24), 10ull << 30};
  expected[Tenant::parse("ads").value()] = {std::nullopt, 1024};
  expected[Tenant::parse("x").value()] = {std::chrono::hours(48), std::nullopt};
  EXPECT_EQ(table, expected);
  for (const char* text : {"shop", "shop=", "=24h", "shop=1x", "shop=24h/x", "a=24h,a=25h", "a=1m",
                           "a=24h,,b=24h", "a=24h/1KiB/2KiB"})
    EXPECT_FALSE(setting.set(text)) << text;
  EXPECT_EQ(table, expected);  // a wrong text changes nothing
}

TEST(ConfigFile, BrokenYamlIsToldWithItsLine) {
  EXPECT_TRUE(problems("a: [1,\nb: }").starts_with("agent.yaml:2: "));
}

TEST(ConfigFile, HasOneDocument) {
  EXPECT_EQ(problems("http: off\n---\nbogus: 1\n"),
            "agent.yaml:3: a second document; a configuration has one");
}

TEST(ConfigFile, SaysWhichFileItCannotRead) {
  AgentConfig config;
  EXPECT_EQ(apply_config_file("/tmp", settings_of(config)).error().message,
            "/tmp: cannot read it: Is a directory");
  auto applied = apply_config_file("/nonexistent/agent.yaml", settings_of(config));
  ASSERT_FALSE(applied.has_value());
  EXPECT_EQ(applied.error().message,
            "/nonexistent/agent.yaml: cannot read it: No such file or directory");
}

/// What validate says of an agent with an endpoint after `change`.
template <typename Change>
std::string agent_problem(Change change) {
  AgentConfig config;
  config.exporters["otlp"].endpoint = "store:4317";
  change(config);
  auto valid = validate(config);
  return valid ? "" : valid.error().message;
}

TEST(Validate, RefusesAgentsThatWouldLoseSpans) {
  EXPECT_EQ(agent_problem([](AgentConfig&) {}), "");
  EXPECT_NE(agent_problem([](AgentConfig& c) { c.batch_bytes = 200 << 20; }), "");
  EXPECT_NE(agent_problem([](AgentConfig& c) { c.exporters["otlp"].timeout = {}; }), "");
  EXPECT_NE(agent_problem([](AgentConfig& c) { c.retry.initial_interval = {}; }), "");
  EXPECT_NE(
      agent_problem([](AgentConfig& c) { c.exporters["otlp"].endpoint = "http://store:4317"; }),
      "");
  EXPECT_EQ(agent_problem([](AgentConfig& c) { c.exporters["otlp"].endpoint = "127.0.0.1:4317"; }),
            "exporters.otlp.endpoint is this agent itself (127.0.0.1:4317)");
}

TEST(Validate, SaysWhatIsMissing) {
  EXPECT_EQ(validate(AgentConfig{}).error().message,
            "exporters.otlp.endpoint is not set: say where the store is, e.g. "
            "--exporter-otlp-endpoint 127.0.0.1:4317");
  StoreConfig deaf;
  deaf.receivers = {std::nullopt, std::nullopt, std::nullopt};
  EXPECT_FALSE(validate(deaf).has_value());
  StoreConfig small;
  small.memory_limit = (64 << 20) - 1;
  EXPECT_FALSE(validate(small).has_value());
  small.memory_limit = 64 << 20;
  EXPECT_TRUE(validate(small).has_value());
  small.memory_max_bytes = 1;
  EXPECT_FALSE(validate(small).has_value());
  StoreConfig half_tls;
  half_tls.common.tls.cert_file = "cert.pem";
  EXPECT_FALSE(validate(half_tls).has_value());
}

/// Every setting's key, flag and default stand in one row of docs/configuration.md.
void expect_documented(const Settings& settings, const std::string& document) {
  for (const Setting& setting : settings) {
    if (setting.flag.empty()) {
      EXPECT_NE(document.find("`" + setting.key + "`"), std::string::npos) << setting.key;
      continue;
    }
    size_t row = document.find("| `" + setting.key + "` | `" + setting.flag + "` |");
    ASSERT_NE(row, std::string::npos) << setting.key << " " << setting.flag;
    std::string line = document.substr(row, document.find('\n', row) - row);
    EXPECT_NE(line.find("| " + setting.default_text), std::string::npos) << line;
  }
}

TEST(Configuration, IsDocumented) {
  std::ifstream file("docs/configuration.md");
  std::string document{std::istreambuf_iterator<char>(file), {}};
  StoreConfig store;
  // Two roles have --http with defaults of their own, so each is looked up in its own section.
  size_t agent_section = document.find("## `clew agent`");
  ASSERT_NE(agent_section, std::string::npos);
  expect_documented(settings_of(store), document.substr(0, agent_section));
  AgentConfig agent;
  size_t store_section = document.find("## `clew store`");
  expect_documented(settings_of(agent),
                    document.substr(0, store_section) + document.substr(agent_section));
}

TEST(Setting, EnvironmentVariablesAreNamedAfterFlags) {
  std::string place;
  EXPECT_EQ(text_setting("a.b", "--place-core-location", "", place).variable(),
            "CLEW_PLACE_CORE_LOCATION");
}

TEST(Bytes, AreReadWithTheirUnits) {
  EXPECT_EQ(parse_bytes("0"), 0u);
  EXPECT_EQ(parse_bytes("1.5KiB"), 1536u);
  EXPECT_EQ(parse_bytes("4GiB"), 4ull << 30);
  EXPECT_EQ(parse_bytes("2MB"), 2'000'000u);
  for (const char* text : {"", "-1", "x", "1 GiB", "1gb", "99999999TiB"})
    EXPECT_FALSE(parse_bytes(text).has_value()) << text;
}

}  // namespace
}  // namespace clew
