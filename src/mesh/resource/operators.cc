#include "mesh/resource/operators.h"

#include <utility>

namespace clew::mesh {
namespace {

constexpr std::pair<Role, std::string_view> kRoles[] = {
    {Role::kReader, "reader"}, {Role::kOperator, "operator"}, {Role::kAdmin, "admin"}};

}  // namespace

std::string_view name_of(Role role) {
  for (const auto& [each, name] : kRoles)
    if (each == role) return name;
  return "";
}

std::optional<Role> role_of(std::string_view name) {
  for (const auto& [role, each] : kRoles)
    if (each == name) return role;
  return std::nullopt;
}

Result<std::unique_ptr<OperatorTokens>> OperatorTokens::open(const std::string& path,
                                                             const Clock& clock) {
  auto table = TokenTable::open(path, "operator_tokens", "clewop_", clock);
  if (!table) return std::unexpected(table.error());
  return std::unique_ptr<OperatorTokens>(new OperatorTokens(*std::move(table)));
}

Result<std::string> OperatorTokens::create(const Operator& owner, uint64_t valid_for_ns) {
  auto revoked = table_->revoke(owner.name);
  if (!revoked && revoked.error().code != Code::kNotFound) return std::unexpected(revoked.error());
  return table_->create(owner.name, std::string(name_of(owner.role)), valid_for_ns);
}

Result<Operator> OperatorTokens::verify(std::string_view token) const {
  auto entry = table_->verify(token);
  if (!entry) return std::unexpected(entry.error());
  return Operator{entry->subject, role_of(entry->grant).value_or(Role::kReader)};
}

}  // namespace clew::mesh
