#include "matrix.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace clew::netlab {
namespace {

using Json = nlohmann::json;

constexpr double kMaxDelayMs = 60'000;
constexpr double kMaxMbitPerS = 1'000'000;

/// A list of `name` in an object; an empty one if it is absent.
Result<Json> list_of(const Json& object, const char* name) {
  Json list = object.value(name, Json::array());
  if (!list.is_array()) return fail(Code::kInvalid, "{}: is no list", name);
  return list;
}

Result<std::string> text_of(const Json& object, const char* name) {
  if (!object.is_object() || !object.contains(name) || !object[name].is_string())
    return fail(Code::kInvalid, "{}: is no text", name);
  return object[name].get<std::string>();
}

Result<double> number_of(const Json& object, const char* name, double most) {
  if (!object.contains(name)) return 0.0;
  const Json& number = object[name];
  if (!number.is_number() || number.get<double>() < 0 || number.get<double>() > most)
    return fail(Code::kInvalid, "{}: is no number from 0 to {}", name, most);
  return number.get<double>();
}

Result<void> read_sites(const Json& json, Matrix& matrix) {
  auto sites = list_of(json, "sites");
  if (!sites) return std::unexpected(sites.error());
  if (sites->empty() || sites->size() > kMaxSites)
    return fail(Code::kInvalid, "sites: there are {}, not 1 to {}", sites->size(), kMaxSites);
  std::set<std::string> names;
  for (const Json& site : *sites) {
    auto name = text_of(site, "name");
    if (!name) return fail(Code::kInvalid, "sites: {}", name.error().message);
    if (!names.insert(*name).second) return fail(Code::kInvalid, "sites: {} is there twice", *name);
    const Json here = site.value("here", Json(false));
    if (!here.is_boolean()) return fail(Code::kInvalid, "sites: {}: here: is no bool", *name);
    matrix.sites.push_back({*name, here.get<bool>()});
  }
  if (std::ranges::count_if(matrix.sites, &SiteName::here) > 1)
    return fail(Code::kInvalid, "sites: more than one is here");
  return {};
}

Result<size_t> number_of_site(const Matrix& matrix, const std::string& name) {
  auto found = std::ranges::find(matrix.sites, name, &SiteName::name);
  if (found == matrix.sites.end()) return fail(Code::kInvalid, "there is no site {}", name);
  return static_cast<size_t>(found - matrix.sites.begin());
}

Result<void> read_down(const Json& json, Matrix& matrix) {
  matrix.down.assign(matrix.sites.size(), false);
  auto down = list_of(json, "down");
  if (!down) return std::unexpected(down.error());
  for (const Json& name : *down) {
    if (!name.is_string()) return fail(Code::kInvalid, "down: {} is no text", name.dump());
    auto site = number_of_site(matrix, name.get<std::string>());
    if (!site) return fail(Code::kInvalid, "down: {}", site.error().message);
    matrix.down[*site] = true;
  }
  return {};
}

Result<size_t> end_of_way(const Json& json, const char* end, const Matrix& matrix) {
  auto name = text_of(json, end);
  if (!name) return std::unexpected(name.error());
  return number_of_site(matrix, *name);
}

Result<void> read_way(const Json& json, Matrix& matrix) {
  auto from = end_of_way(json, "from", matrix);
  if (!from) return std::unexpected(from.error());
  auto to = end_of_way(json, "to", matrix);
  if (!to) return std::unexpected(to.error());
  Way way;
  auto put = [&](const char* name, double most, double unit, double& into) -> Result<void> {
    auto number = number_of(json, name, most);
    if (!number) return std::unexpected(number.error());
    into = *number * unit;
    return {};
  };
  double delay_ns = 0;
  auto done = in_order(
      [&] { return put("delay_ms", kMaxDelayMs, 1e6, delay_ns); },
      [&] { return put("jitter", 1, 1, way.jitter); }, [&] { return put("loss", 1, 1, way.loss); },
      [&] { return put("mbit_per_s", kMaxMbitPerS, 1e6 / 8, way.bytes_per_second); });
  if (!done) return done;
  way.delay = std::chrono::nanoseconds(static_cast<int64_t>(delay_ns));
  matrix.ways[(*from * matrix.sites.size()) + *to] = way;
  return {};
}

Result<void> read_ways(const Json& json, Matrix& matrix) {
  matrix.ways.assign(matrix.sites.size() * matrix.sites.size(), Way{});
  auto ways = list_of(json, "ways");
  if (!ways) return std::unexpected(ways.error());
  for (const Json& way : *ways) {
    if (auto done = read_way(way, matrix); !done)
      return fail(Code::kInvalid, "ways: {}: {}", way.dump(), done.error().message);
  }
  return {};
}

}  // namespace

Result<Matrix> parse_matrix(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return fail(Code::kMalformed, "it is no JSON object");
  const Json version = json.value("version", Json(0));
  if (!version.is_number_integer()) return fail(Code::kInvalid, "version: is no whole number");
  Matrix matrix{.version = version.get<int64_t>()};
  auto done =
      in_order([&] { return read_sites(json, matrix); }, [&] { return read_down(json, matrix); },
               [&] { return read_ways(json, matrix); });
  if (!done) return std::unexpected(done.error());
  return matrix;
}

}  // namespace clew::netlab
