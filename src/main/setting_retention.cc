// The table of tenants' retention, on the command line and in the file.
#include <algorithm>

#include "base/duration.h"
#include "main/setting.h"
#include "main/yaml_value.h"

namespace clew {
namespace {

using store::RetentionOverride;
using store::RetentionOverrides;

/// Cuts `text` at the first `separator`; what stands behind it stays in `text`.
std::string_view take_until(std::string_view& text, char separator) {
  std::string_view head = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), head.size() + 1));
  return head;
}

/// Sets max_age or max_bytes.
Result<void> set_field(RetentionOverride& limits, std::string_view field, std::string_view value) {
  RetentionOverride changed = limits;
  if (field == "max_age") {
    auto nanos = parse_duration(value);
    if (!nanos) return std::unexpected(nanos.error());
    changed.max_age = std::chrono::milliseconds(*nanos / 1'000'000);
  } else {
    auto bytes = parse_bytes(value);
    if (!bytes) return std::unexpected(bytes.error());
    changed.max_bytes = *bytes;
  }
  if (auto checked = store::check_override(changed); !checked) return checked;
  limits = changed;
  return {};
}

/// An empty name is the default tenant to Tenant::parse, but a mistake here.
Result<Tenant> parse_name(std::string_view name) {
  if (name.empty()) return fail(Code::kInvalid, "a tenant's name is missing");
  return Tenant::parse(name);
}

Result<void> add_entry(RetentionOverrides& table, std::string_view entry) {
  std::string_view rest = entry;
  auto tenant = parse_name(take_until(rest, '='));
  if (!tenant) return std::unexpected(tenant.error());
  std::string_view age = take_until(rest, '/');
  if (age.empty() && rest.empty())
    return fail(Code::kInvalid, "\"{}\" limits nothing; write it like shop=24h/10GiB", entry);
  auto [at, is_new] = table.try_emplace(*tenant);
  if (!is_new) return fail(Code::kInvalid, "tenant {} stands there twice", tenant->name());
  if (!age.empty())
    if (auto set = set_field(at->second, "max_age", age); !set) return set;
  if (!rest.empty()) return set_field(at->second, "max_bytes", rest);
  return {};
}

}  // namespace

Setting tenant_retention_setting(std::string key, std::string flag, std::string help,
                                 RetentionOverrides& place) {
  Setting setting{std::move(key), std::move(flag), "TENANT=AGE/BYTES,…", std::move(help), "", {}};
  setting.set = [&place](std::string_view text) -> Result<void> {
    RetentionOverrides table;
    while (!text.empty())
      if (auto added = add_entry(table, take_until(text, ',')); !added) return added;
    place = std::move(table);
    return {};
  };
  setting.read = [&place](const YamlValue& table) {
    table.entries([&](const std::string& name, const YamlValue& limits) {
      auto tenant = parse_name(name);
      if (!tenant) return limits.problem(tenant.error().message);
      auto field = [&](std::string_view key) {
        return YamlField{key, [&, key](const YamlValue& value) {
                           value.parsed([&](std::string_view text) {
                             return set_field(place[*tenant], key, text);
                           });
                         }};
      };
      limits.fields({field("max_age"), field("max_bytes")});
    });
  };
  return setting;
}

}  // namespace clew
