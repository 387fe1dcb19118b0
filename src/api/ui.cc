#include "api/ui.h"

#include <string>

#include "api/accept_encoding.h"
#include "net/base_path.h"

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

net::HttpFields headers_of(const Asset& asset, std::string_view etag) {
  bool hashed = asset.path.starts_with("/assets/");
  return {
      {"ETag", std::string(etag)},
      {"Vary", hashed ? "Accept-Encoding" : "Accept-Encoding, X-Forwarded-Prefix"},
      {"Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Content-Security-Policy", std::string(kContentSecurityPolicy)},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
  };
}

/// `text` with `base` put in at `offset` of each place where `mark` stands.
std::string with_base(std::string text, std::string_view mark, size_t offset,
                      std::string_view base) {
  for (size_t at = text.find(mark); at != text.npos; at = text.find(mark, at)) {
    text.insert(at + offset, base);
    at += mark.size() + base.size();
  }
  return text;
}

/// `html` as it has to be where the app is not at the root of its host: it says so to the app
/// (ui/src/router.ts), and finds its own files; those find each other from where they are.
std::string moved_below(std::string_view html, std::string_view base) {
  constexpr std::string_view kMeta = R"(name="clew-base" content=")", kAsset = R"(="/assets/)";
  std::string moved = with_base(std::string(html), kMeta, kMeta.size(), base);
  return with_base(std::move(moved), kAsset, kAsset.find('/'), base);
}

/// A page below `base`. It is small, so it is not worth compressing for each request.
HttpResponse serve_below(const HttpRequest& request, const Asset& page, const std::string& base) {
  HttpResponse response;
  std::string etag(page.etag);
  etag.insert(etag.size() - 1, base);
  response.headers = headers_of(page, etag);
  if (request.header("If-None-Match") == etag) {
    response.status = 304;
    return response;
  }
  response.content_type = page.content_type;
  response.body = SharedBytes::take(moved_below(page.identity, base));
  return response;
}

HttpResponse serve(const HttpRequest& request, const Asset& asset) {
  HttpResponse response;
  response.headers = headers_of(asset, asset.etag);
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
  auto add_page = [&routes](std::string_view pattern, const Asset& page) {
    auto answer = [&page, base = routes.base()](HttpRequest request, HttpResponder responder) {
      std::string whole = std::string(net::forwarded_prefix(request)) + base;
      responder.send(whole.empty() ? serve(request, page) : serve_below(request, page, whole));
    };
    routes.add_inline("GET", pattern, std::move(answer));
  };
  for (const Asset& asset : assets) {
    if (!asset.path.ends_with(".html")) {
      add(asset.path, asset);
    } else if (pages == UiPages::kAgent) {
      if (asset.path == "/agent.html") add_page("/", asset);
    } else if (asset.path == "/index.html") {
      for (std::string_view page : kPages) add_page(page, asset);
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
