#include "api/ui.h"

#include <string>

#include "api/accept_encoding.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponder;
using net::HttpResponse;

/// Scripts, styles and data from here only, no inline script: what a span holds is foreign text.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'";

/// What ui/src/pages.ts knows, and addresses of Jaeger's and Zipkin's UI, which ui/src/landing.ts
/// leads on from.
constexpr std::string_view kPages[] = {
    "/",          "/search",     "/trace/{id}",         "/population",
    "/compare",   "/services",   "/services/{name}",    "/mesh",
    "/live",      "/system",     "/dependencies",       "/monitor",
    "/zipkin",    "/zipkin/",    "/zipkin/traces/{id}", "/zipkin/dependency",
    "/jaeger/ui", "/jaeger/ui/*"};

SharedBytes static_bytes(std::string_view bytes) {
  return SharedBytes::wrap(nullptr, bytes);
}

HttpResponse serve(const HttpRequest& request, const Asset& asset) {
  HttpResponse response;
  bool hashed = asset.path.starts_with("/assets/");
  response.headers = {
      {"ETag", std::string(asset.etag)},
      {"Vary", "Accept-Encoding"},
      {"Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Content-Security-Policy", std::string(kContentSecurityPolicy)},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
  };
  if (request.header("If-None-Match") == asset.etag) {
    response.status = 304;
    return response;
  }
  response.content_type = asset.content_type;
  if (!asset.brotli.empty() && accepts_encoding(request, "br")) {
    response.headers.emplace_back("Content-Encoding", "br");
    response.body = static_bytes(asset.brotli);
  } else if (!asset.gzip.empty() && accepts_encoding(request, "gzip")) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = static_bytes(asset.gzip);
  } else {
    response.body = static_bytes(asset.identity);
  }
  return response;
}

}  // namespace

void add_ui(net::HttpRoutes& routes, UiPages pages, std::span<const Asset> assets) {
  auto add = [&routes](std::string_view pattern, const Asset& asset) {
    routes.add_inline("GET", pattern, [&asset](HttpRequest request, HttpResponder responder) {
      responder.send(serve(request, asset));
    });
  };
  for (const Asset& asset : assets) {
    if (!asset.path.ends_with(".html")) {
      add(asset.path, asset);
    } else if (pages == UiPages::kAgent) {
      if (asset.path == "/agent.html") add("/", asset);
    } else if (asset.path == "/index.html") {
      for (std::string_view page : kPages) add(page, asset);
    }
  }
  if (!assets.empty()) return;
  routes.add("GET", "/", [](HttpRequest, HttpResponder responder) {
    responder.send(HttpResponse::text(
        501,
        "This clew was built without its UI. Build it with `make build`; the query APIs under "
        "/api and /api/clew/v1 work.\n"));
  });
}

}  // namespace clew::api
