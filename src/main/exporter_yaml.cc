// Reading `exporters:` and `routing:`. The keys are the OpenTelemetry Collector's where it has
// them.
#include <algorithm>
#include <array>

#include "main/exporter_config.h"
#include "main/peer_yaml.h"
#include "main/yaml_access.h"
#include "main/yaml_value.h"

namespace clew {
namespace {

constexpr std::array<std::string_view, 7> kTypes = {"otlp",  "otlphttp", "jaeger", "zipkin",
                                                    "kafka", "file",     "debug"};

YamlField optional_bytes(std::string_view name, std::optional<uint64_t>& place) {
  return {name, [&place](const YamlValue& value) {
            uint64_t bytes = 0;
            value.bytes_into(bytes);
            place = bytes;
          }};
}

/// A section that exists only to be switched on or off must be on.
YamlField always_on(std::string_view name, std::string_view why) {
  return {name, [why](const YamlValue& value) {
            bool on = true;
            value.into(on);
            if (!on) value.problem(why);
          }};
}

void read_queue(const YamlValue& section, ExporterOverrides& own) {
  section.fields({always_on("enabled", "every exporter has a queue"),
                  optional_bytes("max_bytes", own.queue_bytes),
                  optional_bytes("batch_bytes", own.batch_bytes),
                  optional_field("batch_timeout", own.batch_timeout),
                  {"num_consumers", [&](const YamlValue& value) {
                     int consumers = 1;
                     value.into(consumers, 1, 1000);
                     own.consumers = consumers;
                   }}});
}

void read_retry(const YamlValue& section, ExporterOverrides& own) {
  section.fields({optional_field("enabled", own.retries),
                  optional_field("initial_interval", own.initial_interval),
                  optional_field("max_interval", own.max_interval),
                  optional_field("max_elapsed_time", own.max_elapsed_time),
                  optional_field("multiplier", own.multiplier),
                  optional_field("randomization_factor", own.randomization)});
  if (own.multiplier.value_or(1) < 1) section.problem("multiplier must be at least 1");
  double random = own.randomization.value_or(0);
  if (random < 0 || random > 1) section.problem("randomization_factor must be between 0 and 1");
}

void read_basic(const YamlValue& section, PeerAuthConfig& auth) {
  std::string username;
  SecretReader password("password");
  section.fields({field("username", username), field("password", password.text),
                  field("password_file", password.path)});
  if (username.empty()) section.problem("set username");
  if (username.find(':') != username.npos) section.problem("a username must not hold a colon");
  auth.basic = {username, password.secret(section)};
}

void read_oauth2(const YamlValue& section, PeerAuthConfig& auth) {
  net::OAuth2Options options;
  SecretReader secret("client_secret");
  section.fields({field("client_id", options.client_id),
                  field("client_secret", secret.text),
                  field("client_secret_file", secret.path),
                  field("token_url", options.token_url),
                  field("scopes", options.scopes),
                  field("timeout", options.timeout),
                  {"tls", [&](const YamlValue& value) { read_tls(value, options.tls, nullptr); }}});
  if (options.client_id.empty()) section.problem("set client_id");
  if (auto url = net::check_url(options.token_url); !url)
    section.problem("token_url: " + url.error().message);
  options.client_secret = secret.secret(section);
  auth.oauth2 = std::move(options);
}

void read_headers(const YamlValue& section, net::HttpFields& headers) {
  section.entries([&](const std::string& name, const YamlValue& value) {
    auto is_token = [](unsigned char c) {
      return std::isalnum(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string::npos;
    };
    if (name.empty() || !std::ranges::all_of(name, is_token))
      return value.problem("this is no name of a header");
    std::string text;
    value.into(text);
    if (!std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; }))
      return value.problem("a header's value must be printable ASCII");
    headers.emplace_back(name, std::move(text));
  });
}

/// The keys of authentication, of which one may stand there.
class AuthReader {
 public:
  explicit AuthReader(PeerAuthConfig& auth) : auth_(auth) {}

  void add_fields(Fields& fields) {
    fields.push_back(
        way_in("basic_auth", [this](const YamlValue& value) { read_basic(value, auth_); }));
    fields.push_back(
        way_in("bearer_token", [this](const YamlValue& value) { value.into(bearer_.text); }));
    fields.push_back(
        way_in("bearer_token_file", [this](const YamlValue& value) { value.into(bearer_.path); }));
    fields.push_back(
        way_in("oauth2", [this](const YamlValue& value) { read_oauth2(value, auth_); }));
  }

  /// To be called when the section has been read.
  void finish(const YamlValue& section) {
    if (present_.size() > 1)
      return section.problem(
          fmt::format("{} exclude each other; keep one", fmt::join(present_, " and ")));
    if (!bearer_.text.empty() || !bearer_.path.empty()) auth_.bearer = bearer_.secret(section);
  }

 private:
  YamlField way_in(std::string_view name, std::function<void(const YamlValue&)> read) {
    auto noting = [this, name, read = std::move(read)](const YamlValue& value) {
      present_.push_back(name);
      read(value);
    };
    return {name, std::move(noting)};
  }

  PeerAuthConfig& auth_;
  SecretReader bearer_{"bearer_token"};
  std::vector<std::string_view> present_;
};

void read_compression(const YamlValue& value, bool grpc, std::string& compression) {
  if (grpc)
    value.choice_into(compression, {"none", "gzip", "deflate"});
  else
    value.choice_into(compression, {"none", "gzip", "zstd", "deflate"});
}

void read_peer(const YamlValue& section, std::string_view type, ExporterConfig& config,
               Fields fields) {
  bool grpc = type == "otlp" || type == "jaeger";
  auto add = [&fields](std::string_view name, std::function<void(const YamlValue&)> read) {
    fields.push_back({name, std::move(read)});
  };
  fields.push_back(field("endpoint", config.endpoint));
  fields.push_back(field("timeout", config.timeout));
  add("compression",
      [&](const YamlValue& value) { read_compression(value, grpc, config.compression); });
  add("tls", [&](const YamlValue& value) {
    read_tls(value, config.tls, grpc ? &config.tls_enabled : nullptr);
  });
  add("headers", [&](const YamlValue& value) { read_headers(value, config.headers); });
  AuthReader auth(config.auth);
  auth.add_fields(fields);
  section.fields(fields);
  auth.finish(section);
}

YamlField format_field(agent::RotatingFileOptions& file) {
  return {"format", [&file](const YamlValue& value) {
            std::string format = "json";
            value.choice_into(format, {"json", "proto"});
            using Format = agent::RotatingFileOptions::Format;
            file.format = format == "json" ? Format::kJson : Format::kProto;
          }};
}

YamlField rotation_field(agent::RotatingFileOptions& file) {
  return {"rotation", [&file](const YamlValue& section) {
            uint64_t megabytes = file.max_bytes >> 20;
            section.fields({{"max_megabytes",
                             [&](const YamlValue& value) {
                               value.into(megabytes, uint64_t{0}, uint64_t{1} << 30);
                             }},
                            {"max_backups", [&](const YamlValue& value) {
                               value.into(file.max_backups, size_t{0}, size_t{1'000'000});
                             }}});
            file.max_bytes = megabytes << 20;
          }};
}

YamlField verbosity_field(agent::Verbosity& verbosity) {
  return {"verbosity", [&verbosity](const YamlValue& value) {
            std::string word = "basic";
            value.choice_into(word, {"basic", "normal", "detailed"});
            verbosity = word == "basic"    ? agent::Verbosity::kBasic
                        : word == "normal" ? agent::Verbosity::kNormal
                                           : agent::Verbosity::kDetailed;
          }};
}

void read_exporter(const YamlValue& section, std::string_view type, ExporterConfig& config) {
  Fields fields = {
      {"sending_queue", [&](const YamlValue& value) { read_queue(value, config.overrides); }},
      {"retry_on_failure", [&](const YamlValue& value) { read_retry(value, config.overrides); }}};
  if (type == "file") {
    fields.insert(fields.end(), {field("path", config.file.path), format_field(config.file),
                                 rotation_field(config.file)});
    return section.fields(fields);
  }
  if (type == "debug") {
    fields.push_back(verbosity_field(config.verbosity));
    return section.fields(fields);
  }
  if (type == "kafka") {
    read_kafka_exporter(section, config.kafka.emplace(), std::move(fields));
    config.endpoint = config.kafka->producer.connection.text();
    return;
  }
  read_peer(section, type, config, std::move(fields));
}

void read_route(const YamlValue& section, agent::ExportRoute& route) {
  section.fields({field("tenant", route.tenants),
                  {"attribute",
                   [&](const YamlValue& attributes) {
                     attributes.entries([&](const std::string& key, const YamlValue& value) {
                       value.into(route.attributes.emplace_back(key, "").second);
                     });
                   }},
                  field("exporters", route.exporters)});
  if (route.exporters.empty()) section.problem("name at least one of the exporters");
}

}  // namespace

void read_exporters(const YamlValue& section, ExporterConfigs& exporters) {
  section.entries([&](const std::string& name, const YamlValue& value) {
    std::string_view type = exporter_type(name);
    if (std::ranges::find(kTypes, type) == kTypes.end())
      return value.problem(
          fmt::format("unknown type of exporter; there are {}", fmt::join(kTypes, ", ")));
    bool plain = std::ranges::all_of(name.substr(type.size()), [](unsigned char c) {
      return std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '/';
    });
    if (!plain || name.ends_with('/') || std::ranges::count(name, '/') > 1)
      return value.problem("name an exporter TYPE or TYPE/NAME, of letters, digits, -, _ and .");
    read_exporter(value, type, exporters[name]);
  });
}

void read_http_peer(const YamlValue& section, ExporterConfig& config, Fields more) {
  read_peer(section, "otlphttp", config, std::move(more));
}

void read_routing(const YamlValue& section, std::vector<agent::ExportRoute>& routes) {
  section.items([&](const YamlValue& value) { read_route(value, routes.emplace_back()); });
}

}  // namespace clew
