// The web UI, compiled into the binary.
#pragma once

#include <span>
#include <string_view>

#include "net/http_server.h"

namespace clew::api {

/// One file of the UI in the encodings a browser may ask for; all of it lives as long as the
/// process.
struct Asset {
  std::string_view path;  // "/index.html", "/assets/index-B1x2.js"
  std::string_view content_type;
  std::string_view etag;  // with its quotes
  std::string_view identity;
  std::string_view gzip;
  std::string_view brotli;
};

/// The UI's files. Empty in a build without the UI (CMake option CLEW_UI=OFF).
std::span<const Asset> ui_assets();

/// Whose pages: the store's (/, /search, /trace/{id}, /dependencies: all index.html, which reads
/// the URL) or the agent's (/: agent.html).
enum class UiPages { kStore, kAgent };

/// Adds the pages and their files. Hashed files may be cached for ever, a page is revalidated by
/// ETag. A page says where the app is: below the routes' base, and below what a proxy says in
/// X-Forwarded-Prefix that it has taken away.
void add_ui(net::HttpRoutes& routes, UiPages pages = UiPages::kStore,
            std::span<const Asset> assets = ui_assets());

}  // namespace clew::api
