#include "main/exporter_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "main/config_file.h"
#include "main/roles.h"

namespace clew {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What a file's text makes of an agent, or what is wrong with it.
Result<AgentConfig> agent(const std::string& yaml) {
  AgentConfig config;
  auto read = in_order([&] { return apply_yaml("a.yaml", yaml, settings_of(config)); },
                       [&] { return validate(config); });
  if (!read) return std::unexpected(read.error());
  return config;
}

std::string problem(const std::string& yaml) {
  auto read = agent(yaml);
  return read ? "" : read.error().message;
}

TEST(ExporterConfig, ReadsKafka) {
  auto config = agent(R"(
receivers:
  kafka:
    brokers: ["a:9092", "b:9092"]
    group_id: fra
    traces: {topics: [one, two], encoding: zipkin_json}
    metrics: {}
exporters:
  kafka:
    brokers: [a:9092]
    logs: {topic: lines}
    partition_traces_by_id: true
    producer: {compression: lz4, max_message_bytes: 2000000}
    auth: {sasl: {username: u, password: p, mechanism: SCRAM-SHA-256}}
    tls: {ca_file: /etc/ca.pem}
)");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  const KafkaReceiverConfig& receiver = *config->receivers.kafka;
  EXPECT_THAT(receiver.of(otlp::Signal::kTraces).topics, ElementsAre("one", "two"));
  EXPECT_THAT(receiver.of(otlp::Signal::kMetrics).topics, ElementsAre("otlp_metrics"));
  EXPECT_THAT(receiver.of(otlp::Signal::kLogs).topics, ElementsAre());
  EXPECT_FALSE(receiver.connection.uses_tls);
  const KafkaExporterConfig& exporter = *config->exporters["kafka"].kafka;
  EXPECT_EQ(exporter.topic(otlp::Signal::kTraces), "otlp_spans");
  EXPECT_EQ(exporter.topic(otlp::Signal::kLogs), "lines");
  EXPECT_TRUE(exporter.spans.by_trace);
  EXPECT_LT(exporter.spans.max_bytes, 2'000'000u);
  EXPECT_EQ(exporter.producer.connection.sasl->mechanism, "SCRAM-SHA-256");
  EXPECT_TRUE(exporter.producer.connection.uses_tls);
}

TEST(ExporterConfig, SaysWhatIsWrongWithKafka) {
  std::string out = "exporters: {otlp: {endpoint: a:1}, kafka: ";
  EXPECT_THAT(problem(out + "{traces: {}}}"), HasSubstr("set brokers"));
  EXPECT_THAT(problem(out + "{brokers: [a]}}"), HasSubstr("brokers: "));
  EXPECT_THAT(problem(out + "{brokers: [a:1], traces: {encoding: avro}}}"), HasSubstr("encoding"));
  EXPECT_THAT(problem(out + "{brokers: [a:1], auth: {sasl: {username: u}}}}"),
              HasSubstr("set password or password_file"));
  EXPECT_THAT(problem("exporters: {otlp: {endpoint: a:1}}\nreceivers: {kafka: {brokers: [a:1], "
                      "logs: {encoding: jaeger_proto}}}"),
              HasSubstr("receivers.kafka.logs.encoding"));
}

TEST(ExporterConfig, ReadsSeveralOfAType) {
  auto config = agent(R"(
exporters:
  otlp: {endpoint: "a:4317", compression: gzip}
  otlp/b:
    endpoint: b:4317
    timeout: 3s
    tls: {insecure: false}
    headers: {X-Zone: fra}
    sending_queue: {max_bytes: 1MiB, num_consumers: 2}
    retry_on_failure: {max_elapsed_time: 1h, randomization_factor: 0.1}
  file: {path: /tmp/x.json, format: proto, rotation: {max_megabytes: 3}}
  debug: {verbosity: detailed}
)");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_THAT(names_in_use(config->exporters), ElementsAre("debug", "file", "otlp", "otlp/b"));
  EXPECT_EQ(config->exporters["otlp"].compression, "gzip");
  EXPECT_FALSE(config->exporters["otlp"].uses_tls());
  const ExporterConfig& b = config->exporters["otlp/b"];
  EXPECT_TRUE(b.uses_tls());
  EXPECT_THAT(b.headers, ElementsAre(std::pair<std::string, std::string>("X-Zone", "fra")));
  auto options = b.overrides.over({.consumers = 9});
  EXPECT_EQ(options.queue.max_bytes, 1u << 20);
  EXPECT_EQ(options.consumers, 2);
  EXPECT_EQ(options.retry.max_elapsed_time, 1h);
  EXPECT_EQ(options.retry.initial_interval, 1s);  // as for all
  EXPECT_EQ(config->exporters["file"].file.max_bytes, 3u << 20);
}

TEST(ExporterConfig, WithoutAnEndpointOtlpIsOnlyNeededAlone) {
  auto others = agent("exporters: {debug: {}}");
  ASSERT_TRUE(others.has_value()) << others.error().message;
  EXPECT_THAT(names_in_use(others->exporters), ElementsAre("debug"));
  EXPECT_THAT(problem(""), HasSubstr("exporters.otlp.endpoint is not set"));
  EXPECT_THAT(problem("exporters: {otlp/b: {}}"), HasSubstr("exporters.otlp/b: endpoint"));
}

TEST(ExporterConfig, FlagsAndFileSetTheSameExporter) {
  AgentConfig config;
  Settings settings = settings_of(config);
  ASSERT_TRUE(apply_yaml("a.yaml", "exporters: {otlp: {endpoint: 'a:1', timeout: 3s}}", settings));
  auto flag = std::ranges::find(settings, "--exporter-otlp-endpoint", &Setting::flag);
  ASSERT_NE(flag, settings.end());
  ASSERT_TRUE(flag->set("b:2"));
  EXPECT_EQ(config.exporters["otlp"].endpoint, "b:2");
  EXPECT_EQ(config.exporters["otlp"].timeout, 3s);
}

TEST(ExporterConfig, SaysWhatIsWrongAndWhere) {
  for (auto [yaml, expected] : {
           std::pair{"exporters: {zipkn: {}}", "a.yaml:1: exporters.zipkn: unknown type"},
           {"exporters: {otlp/: {}}", "name an exporter TYPE or TYPE/NAME"},
           {"exporters: {'otlp/../x': {}}", "name an exporter TYPE or TYPE/NAME"},
           {"exporters: {zipkin: {endpoint: 'h:9411'}}", "is no URL like http://"},
           {"exporters: {otlphttp: {endpoint: 'http://u:p@h'}}", "set basic_auth"},
           {"exporters: {jaeger: {endpoint: 'h'}}", "exporters.jaeger: endpoint"},
           {"exporters: {jaeger: {endpoint: 'h:1', compression: zstd}}", "\"zstd\" is not one of"},
           {"exporters: {debug: {endpoint: 'h:1'}}", "exporters.debug.endpoint: unknown setting"},
           {"exporters:\n  otlp:\n    endpoint: h:1\n    basic_auth: {password: x}",
            "a.yaml:4: exporters.otlp.basic_auth: set username"},
           {"exporters: {otlp: {endpoint: 'h:1', headers: {'a b': x}}}", "no name of a header"},
           {"exporters: {otlp: {endpoint: 'h:1', headers: {a: \"x\\ny\"}}}", "printable ASCII"},
           {"exporters: {otlp: {endpoint: 'h:1', tls: {cert_file: /x}}}", "cert_file and key_file"},
           {"exporters: {otlp: {endpoint: 'h:1', sending_queue: {enabled: false}}}",
            "every exporter has a queue"},
           {"exporters: {debug: {}}\nrouting: [{exporters: [debg]}]",
            "there is no exporter debg (did you mean debug?)"},
           {"exporters: {debug: {}}\nrouting: [{tenant: a}]", "name at least one"},
       })
    EXPECT_THAT(problem(yaml), HasSubstr(expected));
}

TEST(ExporterConfig, ReadsRoutes) {
  auto config = agent(R"(
exporters: {debug: {}, debug/b: {}}
routing:
  - {tenant: [a, b], attribute: {k: v, n: 5}, exporters: debug}
  - {exporters: [debug, debug/b]}
)");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  ASSERT_EQ(config->routing.size(), 2u);
  EXPECT_THAT(config->routing[0].tenants, ElementsAre("a", "b"));
  EXPECT_EQ(config->routing[0].attributes[1].second, "5");
  EXPECT_THAT(config->routing[1].exporters, ElementsAre("debug", "debug/b"));
}

}  // namespace
}  // namespace clew
