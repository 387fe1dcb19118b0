// Who may change the mesh: tokens of people and programs, each with a role.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/resource/token_table.h"

namespace clew::mesh {

enum class Role {
  kReader,    // sees everything
  kOperator,  // changes resources, too
  kAdmin,     // makes tokens, too
};
std::string_view name_of(Role role);
std::optional<Role> role_of(std::string_view name);

/// Who asks.
struct Operator {
  std::string name;
  Role role = Role::kReader;
};

/// Any thread may use it.
class OperatorTokens {
 public:
  /// Uses a table of its own in the database at `path`. Fails with kIo.
  static Result<std::unique_ptr<OperatorTokens>> open(const std::string& path, const Clock& clock);

  /// A new token; a name that has one loses it. `valid_for_ns` 0: for ever.
  Result<std::string> create(const Operator& owner, uint64_t valid_for_ns);
  /// kNotFound when that name has none.
  Result<void> revoke(const std::string& name) { return table_->revoke(name); }
  /// By name; the grant is the role's name.
  Result<std::vector<TokenEntry>> list() const { return table_->list(); }

  /// Whose token it is; kUnauthenticated when nobody's, or expired.
  Result<Operator> verify(std::string_view token) const;

 private:
  explicit OperatorTokens(std::unique_ptr<TokenTable> table) : table_(std::move(table)) {}

  const std::unique_ptr<TokenTable> table_;
};

}  // namespace clew::mesh
