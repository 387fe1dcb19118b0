#include "main/mesh_client.h"

#include <fmt/format.h>

#include <cctype>
#include <utility>

#include "mesh/resource/schema.h"
#include "net/percent_encoding.h"
#include "net/secret.h"

namespace clew {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostAnswerBytes = 256 << 20;
constexpr std::chrono::seconds kTimeout{60};

Error error_of(const net::HttpReply& reply) {
  Json json = Json::parse(reply.body, nullptr, false);
  std::string message;
  if (json.is_object() && json.contains("error") && json["error"].is_object())
    message = json["error"].value("message", "");
  if (message.empty()) message = fmt::format("HTTP {}: {}", reply.status, reply.body);
  Code code = reply.status == 404 ? Code::kNotFound : Code::kRejected;
  return {code, std::move(message)};
}

}  // namespace

Result<MeshClient> MeshClient::create(const MeshAddress& address) {
  if (auto checked = net::check_url(address.url); !checked) return std::unexpected(checked.error());
  net::HttpClientOptions options{.max_connections = 1, .max_answer_bytes = kMostAnswerBytes};
  options.tls.files.ca_file = address.ca_file;
  auto http = net::HttpClient::create(std::move(options));
  if (!http) return std::unexpected(http.error());
  std::string authorization;
  if (!address.token_file.empty()) {
    auto token = net::Secret::in_file(address.token_file).text();
    if (!token) return std::unexpected(token.error());
    authorization = "Bearer " + *token;
  }
  MeshAddress where = address;
  if (where.url.ends_with('/')) where.url.pop_back();
  return MeshClient(std::move(where), std::move(authorization), *std::move(http));
}

Result<Json> MeshClient::call(const std::string& method, const std::string& path,
                              std::string body) const {
  net::HttpCall call{.method = method,
                     .url = address_.url + path,
                     .body = SharedBytes::take(std::move(body)),
                     .timeout = kTimeout};
  if (!authorization_.empty()) call.headers.emplace_back("Authorization", authorization_);
  auto reply = http_->call(std::move(call));
  if (!reply)
    return fail(reply.error().code, "the control plane at {}: {} (is clew mesh run there?)",
                address_.url, reply.error().message);
  if (reply->status / 100 != 2) return std::unexpected(error_of(*reply));
  Json json = Json::parse(reply->body, nullptr, false);
  if (json.is_discarded()) return fail(Code::kMalformed, "{}: the answer is no JSON", address_.url);
  return json;
}

Result<std::string> mesh_path_of(const std::string& kind, const std::string& mesh,
                                 const std::string& name) {
  auto lower = [](std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
  };
  for (const auto& [known, shape] : mesh::kinds()) {
    if (lower(known) != lower(kind) && shape.plural != lower(kind)) continue;
    std::string path =
        shape.in_mesh ? fmt::format("/meshes/{}/{}", mesh, shape.plural) : "/" + shape.plural;
    return name.empty() ? path : path + "/" + query_encoded(name);
  }
  return fail(Code::kInvalid, "there is no kind {}", kind);
}

std::string query_encoded(const std::string& text) {
  return net::percent_encoded(text);
}

}  // namespace clew
