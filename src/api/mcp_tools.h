// What an assistant may ask, and the answers as text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/tenant.h"
#include "query/engine.h"

namespace clew::api {

/// The tools of the MCP server. Any thread.
class McpTools {
 public:
  /// The engine must outlive it.
  explicit McpTools(query::Engine& engine, const Clock& clock = Clock::system())
      : engine_(engine), clock_(clock) {}

  /// The `tools` of tools/list: names, descriptions, schemas of arguments.
  static const nlohmann::json& list();
  static bool has(std::string_view name);

  /// Runs a tool that is there. Text of at most kMcpAnswerBytes and a line that says what was cut.
  /// Errors are for the assistant to read: what is wrong with which argument, or what is not there.
  Result<std::string> call(std::string_view name, const Tenant& tenant,
                           const nlohmann::json& arguments);

 private:
  using Tool = Result<std::string> (McpTools::*)(const Tenant&, class McpArguments&);
  struct Entry;
  static const std::vector<Entry>& entries();

  Result<std::string> search_traces(const Tenant& tenant, McpArguments& arguments);
  Result<std::string> get_trace(const Tenant& tenant, McpArguments& arguments);
  Result<std::string> list_services(const Tenant& tenant, McpArguments& arguments);
  Result<std::string> list_operations(const Tenant& tenant, McpArguments& arguments);
  Result<std::string> get_dependencies(const Tenant& tenant, McpArguments& arguments);
  Result<std::string> find_error_roots(const Tenant& tenant, McpArguments& arguments);

  query::Engine& engine_;
  const Clock& clock_;
};

}  // namespace clew::api
