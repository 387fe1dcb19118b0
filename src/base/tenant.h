// Who owns a piece of data. A part of every key from the first line (ARCHITECTURE.md, "Tenants").
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace clew {

/// A checked tenant name: 1 to limits::kTenantBytes of [A-Za-z0-9!-_.*'()], not "." or "..", so
/// that it can name a directory. Source: Grafana's rule for X-Scope-OrgID.
class Tenant {
 public:
  Tenant() = default;

  /// The tenant of a request's X-Scope-OrgID header; empty means the default tenant, `anonymous`.
  static Result<Tenant> parse(std::string_view name);

  const std::string& name() const { return name_; }
  auto operator<=>(const Tenant&) const = default;

 private:
  explicit Tenant(std::string name) : name_(std::move(name)) {}
  std::string name_ = "anonymous";
};

}  // namespace clew
