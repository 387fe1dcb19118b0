#include <algorithm>

#include "base/check.h"
#include "net/base_path.h"
#include "net/http_server.h"
#include "net/internal/http_target.h"

namespace clew::net {
namespace {

enum Rank { kNone, kRest, kName, kLiteral };  // of how well a segment fits

bool is_name(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  for (;;) {
    size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == path.npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

/// How a pattern fits a path, segment by segment; empty if it does not. Ranks compare as the rule
/// of HttpRoutes says: the first differing segment decides.
std::vector<Rank> fit(const std::vector<std::string>& pattern,
                      const std::vector<std::string_view>& path) {
  std::vector<Rank> ranks;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == "*" && i + 1 == pattern.size()) {
      ranks.push_back(kRest);
      return ranks;
    }
    if (i == path.size()) return {};
    if (is_name(pattern[i])) {
      if (path[i].empty()) return {};
      ranks.push_back(kName);
    } else {
      auto decoded = percent_decode(path[i], false);
      if (decoded != pattern[i]) return {};
      ranks.push_back(kLiteral);
    }
  }
  return pattern.size() == path.size() ? ranks : std::vector<Rank>{};
}

HttpFields params_of(const std::vector<std::string>& pattern,
                     const std::vector<std::string_view>& path) {
  HttpFields params;
  auto add = [&](std::string_view name, std::string_view raw) {
    params.emplace_back(name, percent_decode(raw, false).value_or(std::string(raw)));
  };
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == "*") {
      std::string_view last = path.back();
      std::string_view rest = i < path.size() ? path[i] : std::string_view();
      if (i < path.size()) rest = {rest.data(), last.data() + last.size()};
      add("*", rest);
    } else if (is_name(pattern[i])) {
      add(std::string_view(pattern[i]).substr(1, pattern[i].size() - 2), path[i]);
    }
  }
  return params;
}

/// What of `path` lies below `base`; nullopt if it does not.
std::optional<std::string_view> below(std::string_view base, std::string_view path) {
  if (!path.starts_with(base)) return std::nullopt;
  path.remove_prefix(base.size());
  if (!path.empty() && !path.starts_with('/')) return std::nullopt;
  return path;
}

}  // namespace

HttpRoutes::HttpRoutes(std::string base) : base_(std::move(base)) {
  CLEW_CHECK(base_.empty() || is_base_path(base_));
}

void HttpRoutes::add(std::string method, std::string_view pattern, HttpHandler handler) {
  add_route(std::move(method), pattern, std::move(handler), /*runs_inline=*/false, /*open=*/false);
}

void HttpRoutes::add_inline(std::string method, std::string_view pattern, HttpHandler handler) {
  add_route(std::move(method), pattern, std::move(handler), /*runs_inline=*/true, /*open=*/false);
}

void HttpRoutes::add_open(std::string method, std::string_view pattern, HttpHandler handler) {
  add_route(std::move(method), pattern, std::move(handler), /*runs_inline=*/true, /*open=*/true);
}

void HttpRoutes::add_route(std::string method, std::string_view pattern, HttpHandler handler,
                           bool runs_inline, bool open) {
  CLEW_CHECK(pattern.starts_with('/') && handler != nullptr);
  auto views = split(pattern);
  routes_.push_back(
      {std::move(method), {views.begin(), views.end()}, std::move(handler), runs_inline, open});
}

HttpRoutes::Match HttpRoutes::match(std::string_view method, std::string_view path) const {
  auto inner = below(base_, path);
  auto segments = split(inner.value_or(path));
  std::vector<Rank> best;
  std::vector<const Route*> candidates;  // the routes of the best pattern: one per method
  for (const Route& route : routes_) {
    if (!inner && !route.open) continue;
    auto ranks = fit(route.segments, segments);
    if (ranks.empty() || ranks < best) continue;
    if (ranks > best) candidates.clear();
    best = std::move(ranks);
    candidates.push_back(&route);
  }
  Match match;
  for (const Route* route : candidates) {
    bool head = method == "HEAD" && route->method == "GET";
    if (match.handler == nullptr && (route->method == method || head)) {
      match.handler = &route->handler;
      match.runs_inline = route->runs_inline;
      match.open = route->open;
      match.path_params = params_of(route->segments, segments);
    }
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += route->method == "GET" ? "GET, HEAD" : route->method;
  }
  return match;
}

}  // namespace clew::net
