#include "api/clew_mesh.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "api/clew_openapi.h"
#include "api/endpoints.h"
#include "base/json.h"
#include "net/http_client.h"
#include "net/percent_encoding.h"
#include "net/secret.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponder;
using net::HttpResponse;

constexpr std::string_view kRoot = "/api/clew/v1/mesh";
/// What a reader of a control plane may ask. No configuration of proxies: it is large, and of use
/// to those who have `clew mesh inspect`.
constexpr std::string_view kPaths[] = {
    "/proxies",
    "/services",
    "/zones",
    "/edges",
    "/meshes",
    "/zone-matrix",
    "/edges/{edge}/routes/{service}",
    "/certificates",
    "/meshes/{mesh}/dataplanes/{name}/_overview",
    "/control-planes",
    "/meshes/{mesh}/authority",
    "/history",
};
/// Some ten thousand proxies.
constexpr size_t kAnswerBytes = 16 << 20;
constexpr std::chrono::seconds kTimeout{5};
/// Pages that ask at the same time.
constexpr size_t kConnections = 4;

/// `path` with what stood for its {names}. kInvalid for a name that no resource can have: curl
/// would take `..` for the way up.
Result<std::string> filled(std::string_view path, const HttpRequest& request) {
  std::string out;
  while (!path.empty()) {
    size_t brace = std::min(path.find('{'), path.size());
    out += path.substr(0, brace);
    path.remove_prefix(brace);
    if (path.empty()) break;
    size_t end = path.find('}');
    std::string_view value = request.path_param(path.substr(1, end - 1));
    if (value == "." || value == ".." || value.size() > 253)
      return fail(Code::kInvalid, "{}: \"{}\" is no name", path.substr(1, end - 1), value);
    out += net::percent_encoded(value);
    path.remove_prefix(end + 1);
  }
  char separator = '?';
  for (const auto& [name, value] : request.query) {
    out += separator + net::percent_encoded(name) + "=" + net::percent_encoded(value);
    separator = '&';
  }
  return out;
}

HttpResponse bad_gateway(const std::string& message) {
  JsonWriter json;
  json.begin_object().key("error").begin_object().member("code", "bad_gateway");
  json.member("message", message).end_object().end_object();
  return HttpResponse::json(502, json.take());
}

/// What the control plane's own error says; its body if that is none of ours.
std::string message_in(const net::HttpReply& reply) {
  constexpr size_t kMostQuoted = 500;
  return fmt::format("HTTP {}: {}", reply.status,
                     std::string_view(reply.body).substr(0, kMostQuoted));
}

/// What the page gets for what the control plane said.
HttpResponse answer_to(const std::string& url, Result<net::HttpReply> reply) {
  if (!reply) {
    Error error = std::move(reply.error());
    error.message = fmt::format("the control plane does not answer: {} (is clew mesh run there?)",
                                error.message);
    // A URL of ours that curl does not take was checked at the start: it is not the page's fault.
    if (error.code != Code::kTimeout) error.code = Code::kUnavailable;
    return HttpResponse::json_error(error);
  }
  if (reply->status == 401 || reply->status == 403)
    return bad_gateway(
        fmt::format("the control plane at {} does not let us read: give "
                    "--mesh-token-file a token of `clew mesh token NAME --role "
                    "reader` ({})",
                    url, message_in(*reply)));
  if (reply->body.size() >= kAnswerBytes)
    return bad_gateway(fmt::format("the answer of the control plane at {} is larger than {} MiB",
                                   url, kAnswerBytes >> 20));
  bool is_json = reply->header("content-type").starts_with("application/json");
  bool is_known = reply->status == 200 || reply->status == 400 || reply->status == 404;
  if (!is_json || !is_known)
    return bad_gateway(
        fmt::format("{} answers as no control plane does: {}", url, message_in(*reply)));
  return HttpResponse::json(reply->status, std::move(reply->body));
}

/// Asks the control plane. Any thread.
class Reader {
 public:
  static Result<std::shared_ptr<const Reader>> create(MeshSource source) {
    if (auto checked = net::check_url(source.url); !checked)
      return std::unexpected(checked.error());
    if (source.url.ends_with('/')) source.url.pop_back();
    net::HttpClientOptions options{.max_connections = kConnections,
                                   .max_answer_bytes = kAnswerBytes};
    options.tls.files.ca_file = source.ca_file;
    auto http = net::HttpClient::create(std::move(options));
    if (!http) return std::unexpected(http.error());
    auto reader = std::make_shared<Reader>();
    if (!source.token_file.empty()) reader->token_ = net::Secret::in_file(source.token_file);
    reader->url_ = std::move(source.url);
    reader->http_ = *std::move(http);
    return reader;
  }

  const std::string& url() const { return url_; }

  void get(const std::string& path, HttpRequest request, HttpResponder responder) const {
    net::HttpCall call{.method = "GET", .url = url_ + path, .timeout = kTimeout};
    call.headers.emplace_back("Accept", "application/json");
    if (token_) {
      auto token = token_->text();
      if (!token) return responder.send(bad_gateway("--mesh-token-file: " + token.error().message));
      call.headers.emplace_back("Authorization", "Bearer " + *token);
    }
    // Nothing of this object goes along: the last of it must not be let go on the client's thread.
    http_->send(std::move(call), [url = url_, request = std::move(request),
                                  responder = std::move(responder)](auto reply) mutable {
      HttpResponse response = answer_to(url, std::move(reply));
      compress_if_wanted(request, response);
      responder.send(std::move(response));
    });
  }

 private:
  std::string url_;
  std::optional<net::Secret> token_;
  std::unique_ptr<net::HttpClient> http_;
};

HttpResponse about(const Reader* reader) {
  JsonWriter json;
  json.begin_object().member("configured", reader != nullptr);
  if (reader != nullptr) json.member("url", reader->url());
  json.end_object();
  return HttpResponse::json(200, json.take());
}

}  // namespace

Result<void> add_clew_mesh(net::HttpRoutes& routes, const std::optional<MeshSource>& source) {
  std::shared_ptr<const Reader> reader;
  if (source) {
    auto created = Reader::create(*source);
    if (!created) return std::unexpected(created.error());
    reader = *std::move(created);
  }
  auto add = [&](std::string_view below, auto answer) {
    std::string path = std::string(kRoot) + std::string(below);
    routes.add("GET", path,
               [params = DescribedParams("GET", path), answer](HttpRequest request,
                                                               HttpResponder responder) {
                 if (auto checked = params.check(request); !checked)
                   return responder.send(HttpResponse::json_error(checked.error()));
                 answer(std::move(request), std::move(responder));
               });
  };
  add("", [reader](const HttpRequest&, HttpResponder responder) {
    responder.send(about(reader.get()));
  });
  for (std::string_view path : kPaths)
    add(path, [reader, path](HttpRequest request, HttpResponder responder) {
      auto wanted = filled(path, request);
      if (wanted && reader == nullptr)
        wanted = fail(Code::kNotFound,
                      "no control plane is configured: start with --mesh-url http://HOST:5681");
      if (!wanted) return responder.send(HttpResponse::json_error(wanted.error()));
      reader->get(*wanted, std::move(request), std::move(responder));
    });
  return {};
}

}  // namespace clew::api
