#include "base/tenant.h"

#include <algorithm>

#include "base/limits.h"

namespace clew {
namespace {

bool is_allowed(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!-_.*'()").find(c) != std::string_view::npos;
}

}  // namespace

Result<Tenant> Tenant::parse(std::string_view name) {
  if (name.empty()) return Tenant();
  if (name.size() > limits::kTenantBytes)
    return fail(Code::kInvalid, "X-Scope-OrgID: {} bytes, at most {} are allowed", name.size(),
                limits::kTenantBytes);
  if (name == "." || name == ".." || !std::ranges::all_of(name, is_allowed))
    return fail(Code::kInvalid, "X-Scope-OrgID: use letters, digits and !-_.*'() only");
  return Tenant(std::string(name));
}

}  // namespace clew
