// How the command line talks to a control plane.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"
#include "net/http_client.h"

namespace clew {

/// Where the control plane is, and who asks.
struct MeshAddress {
  std::string url = "http://127.0.0.1:5681";
  std::string token_file;  // empty: none
  std::string ca_file;     // of https; empty: the system's
};

/// One request at a time, waited for.
class MeshClient {
 public:
  static Result<MeshClient> create(const MeshAddress& address);

  /// The answer's JSON. An answer that is an error becomes one, in the server's words.
  Result<nlohmann::json> call(const std::string& method, const std::string& path,
                              std::string body = "") const;

 private:
  MeshClient(MeshAddress address, std::string authorization, std::unique_ptr<net::HttpClient> http)
      : address_(std::move(address)),
        authorization_(std::move(authorization)),
        http_(std::move(http)) {}

  MeshAddress address_;
  std::string authorization_;
  std::unique_ptr<net::HttpClient> http_;
};

/// The path of a resource in the REST API, or of all of its kind without a name. `kind` may be a
/// kind or its plural, in any case; kInvalid if there is none.
Result<std::string> mesh_path_of(const std::string& kind, const std::string& mesh,
                                 const std::string& name);

/// `text` as it stands in a query.
std::string query_encoded(const std::string& text);

}  // namespace clew
