#include "main/agent_commands.h"

#include <fmt/format.h>

#include <iostream>
#include <protozero/pbf_writer.hpp>

#include "agent/sample/sampler.h"
#include "base/log.h"
#include "main/config_file.h"
#include "main/roles.h"
#include "otlp/fields.h"

namespace clew {
namespace {

namespace f = otlp::fields;

using Attributes = std::vector<std::pair<std::string, std::string>>;

void add_attribute(protozero::pbf_writer& parent, f::Tag tag, const std::string& key,
                   const std::string& text) {
  protozero::pbf_writer attribute(parent, tag);
  attribute.add_string(f::key_value::kKey, key);
  protozero::pbf_writer value(attribute, f::key_value::kValue);
  value.add_string(f::any_value::kString, text);
}

/// A request of one span that has no more than what sampling looks at.
std::string request_of_one(const TraceId& id, const std::string& service, const std::string& route,
                           const Attributes& attributes) {
  std::string request;
  protozero::pbf_writer out(request);
  protozero::pbf_writer resource_spans(out, f::request::kResourceSpans);
  {
    protozero::pbf_writer resource(resource_spans, f::resource_spans::kResource);
    add_attribute(resource, f::resource::kAttributes, "service.name", service);
  }
  protozero::pbf_writer scope_spans(resource_spans, f::resource_spans::kScopeSpans);
  protozero::pbf_writer span(scope_spans, f::scope_spans::kSpans);
  span.add_bytes(f::span::kTraceId, id.raw().data(), id.raw().size());
  span.add_bytes(f::span::kSpanId, "\1\1\1\1\1\1\1\1", 8);
  span.add_string(f::span::kName, route);
  for (const auto& [key, value] : attributes) add_attribute(span, f::span::kAttributes, key, value);
  span.commit();
  scope_spans.commit();
  resource_spans.commit();
  return request;
}

Result<Attributes> parse_attributes(const std::vector<std::string>& texts) {
  Attributes attributes;
  for (const std::string& text : texts) {
    size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos)
      return fail(Code::kInvalid, "--attribute: \"{}\" is not KEY=VALUE", text);
    attributes.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return attributes;
}

/// Calls `use` with every ID of the arguments, "-" standing for the lines of stdin.
Result<void> for_each_id(const std::vector<std::string>& texts,
                         const std::function<Result<void>(const TraceId&)>& use) {
  auto use_text = [&](const std::string& text) -> Result<void> {
    auto id = TraceId::from_hex(text);
    if (!id || id->is_zero())
      return fail(Code::kInvalid, "\"{}\" is no trace ID: 1 to 32 hex digits, not all 0", text);
    return use(*id);
  };
  for (const std::string& text : texts) {
    std::string line;
    if (text == "-") {
      while (std::getline(std::cin, line))
        if (auto used = use_text(line); !used) return used;
    } else if (auto used = use_text(text); !used) {
      return used;
    }
  }
  return {};
}

}  // namespace

AgentCommands::AgentCommands(CLI::App& agent) : agent_(agent) {
  why_ = agent_.add_subcommand("why", "Tell which traces the sampling of a configuration keeps");
  why_->add_option("--config", config_file_, "YAML configuration file")
      ->type_name("FILE")
      ->envname("CLEW_CONFIG");
  why_->add_option("--tenant", tenant_, "Of spans of this tenant");
  why_->add_option("--service", service_, "Of spans of this service");
  why_->add_option("--route", route_, "Of spans on this route (or of this name)");
  why_->add_option("--attribute", attributes_, "Of spans with this attribute")
      ->type_name("KEY=VALUE");
  why_->add_option("TRACE_ID", trace_ids_, "In hex; -: read them from stdin, one a line")
      ->required();
  why_->footer(
      "A line each: `keep` or `drop`, the trace ID, and what that follows from. Rules match the\n"
      "span that the options describe. What a rate limit, sampling.priority or a tracestate would\n"
      "change is not seen here.");
}

bool AgentCommands::chosen() const {
  return why_->parsed();
}

int AgentCommands::execute() {
  CLI::Option* before = agent_.get_option("--config");
  if (why_->count("--config") == 0 && before->count() > 0) config_file_ = before->as<std::string>();
  auto quiet = log::configure("off");
  auto done = quiet ? why() : quiet;
  if (done) return 0;
  fmt::print(stderr, "clew agent why: {}\n", done.error().message);
  return 1;
}

Result<void> AgentCommands::why() const {
  AgentConfig config;
  if (config_file_.empty()) return fail(Code::kInvalid, "name the configuration: --config FILE");
  if (auto read = apply_config_file(config_file_, settings_of(config)); !read) return read;
  auto tenant = Tenant::parse(tenant_);
  if (!tenant) return std::unexpected(tenant.error());
  auto attributes = parse_attributes(attributes_);
  if (!attributes) return std::unexpected(attributes.error());
  std::optional<agent::Sampler> sampler;
  if (config.sampling) sampler.emplace(*config.sampling);
  return for_each_id(trace_ids_, [&](const TraceId& id) -> Result<void> {
    if (!sampler) {
      fmt::print("keep {} everything is kept: the configuration has no sampling section\n",
                 id.hex());
      return {};
    }
    auto batch =
        otlp::Batch::index(SharedBytes::take(request_of_one(id, service_, route_, *attributes)));
    if (!batch) return std::unexpected(batch.error());
    auto decision = sampler->decide(*tenant, *batch, batch->spans()[0], 1);
    fmt::print("{} {} {}\n", decision.keeps ? "keep" : "drop", id.hex(),
               sampler->explain(id, decision));
    return {};
  });
}

}  // namespace clew
