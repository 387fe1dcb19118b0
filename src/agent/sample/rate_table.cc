#include "agent/sample/rate_table.h"

#include <algorithm>

namespace clew::agent {
namespace {

bool has(const otlp::AttributeRange& attributes, const std::string& key, const std::string& value) {
  auto found = attributes.find(key);
  if (!found) return false;
  return found->type() == otlp::ValueType::kString ? found->as_bytes() == value
                                                   : found->text() == value;
}

/// Whether the span is on a route: by its http.route, which its name stands in for.
bool is_on(const std::string& route, std::string_view span) {
  otlp::AttributeRange attributes(span, otlp::fields::span::kAttributes);
  if (auto own = attributes.find("http.route")) return own->as_bytes() == route;
  return otlp::Span::decode(span).name == route;
}

bool matches(const SamplingRule& rule, const Tenant& tenant, const otlp::Batch& batch,
             const otlp::SpanRef& ref) {
  const otlp::ResourceRef& resource = batch.resource_of(ref);
  if (!rule.tenant.empty() && rule.tenant != tenant.name()) return false;
  if (!rule.service.empty() && rule.service != resource.service_name) return false;
  std::string_view span = batch.bytes_of(ref);
  if (!rule.route.empty() && !is_on(rule.route, span)) return false;
  otlp::AttributeRange attributes(span, otlp::fields::span::kAttributes);
  return std::ranges::all_of(rule.attributes, [&](const auto& wanted) {
    return has(attributes, wanted.first, wanted.second) ||
           has(resource.attributes(), wanted.first, wanted.second);
  });
}

}  // namespace

RateTable::RateTable(const SamplingConfig& config,
                     const std::function<uint64_t(double percentage)>& threshold_of)
    : rules_(config.rules),
      default_{.percentage = config.percentage, .threshold = threshold_of(config.percentage)},
      lowest_threshold_(default_.threshold) {
  for (const SamplingRule& rule : rules_) {
    uint64_t threshold = threshold_of(rule.percentage);
    rates_.push_back({rule.percentage, threshold, static_cast<int>(rates_.size())});
    lowest_threshold_ = std::min(lowest_threshold_, threshold);
  }
}

const SamplingRate& RateTable::find(const Tenant& tenant, const otlp::Batch& batch,
                                    const otlp::SpanRef& ref) const {
  for (size_t i = 0; i < rules_.size(); ++i)
    if (matches(rules_[i], tenant, batch, ref)) return rates_[i];
  return default_;
}

}  // namespace clew::agent
