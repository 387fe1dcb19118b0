#include "api/tempo_diff_request.h"

#include <absl/strings/match.h>
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "api/params.h"

namespace clew::api {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<std::string_view, TempoDiffFormat>, 3> kFormats = {{
    {"trace-patch-v0", TempoDiffFormat::kPatch},
    {"trace-summary-v0-native", TempoDiffFormat::kSummary},
    {"trace-summary-v0-composed", TempoDiffFormat::kComposed},
}};

/// The member of that name, whatever its case; null if there is none.
const json* member_of(const json& object, const char* name) {
  const json* found = nullptr;
  for (const auto& [key, value] : object.items())
    if (absl::EqualsIgnoreCase(key, name) && !value.is_null()) found = &value;
  return found;
}

Result<TraceId> read_side(const json& body, const char* name) {
  const json* side = member_of(body, name);
  if (side == nullptr) return fail(Code::kInvalid, "{} is required", name);
  if (!side->is_object()) return fail(Code::kInvalid, "{} is no JSON object", name);
  for (const char* hint : {"start", "end"}) {
    const json* seconds = member_of(*side, hint);
    if (seconds != nullptr && !seconds->is_number_integer())
      return fail(Code::kInvalid, "{}.{} is not a whole number of seconds", name, hint);
  }
  const json* id = member_of(*side, "traceId");
  if (id == nullptr) return fail(Code::kInvalid, "{}.traceId is required", name);
  if (!id->is_string()) return fail(Code::kInvalid, "{}.traceId is no string", name);
  auto parsed = parse_trace_id(id->get_ref<const std::string&>());
  if (!parsed) return fail(Code::kInvalid, "{}.traceId: {}", name, parsed.error().message);
  return *parsed;
}

Result<TempoDiffFormat> read_format(const json& body) {
  const json* format = member_of(body, "format");
  if (format == nullptr) return TempoDiffFormat::kPatch;
  if (!format->is_string()) return fail(Code::kInvalid, "format is no string");
  const auto& text = format->get_ref<const std::string&>();
  if (text.empty()) return TempoDiffFormat::kPatch;
  for (const auto& [name, value] : kFormats)
    if (text == name) return value;
  return fail(Code::kInvalid, "unsupported trace diff format: {} is none of {}, {}, {}", text,
              kFormats[0].first, kFormats[1].first, kFormats[2].first);
}

}  // namespace

Result<TempoDiffRequest> parse_tempo_diff(std::string_view text) {
  auto body = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) return fail(Code::kInvalid, "the body is no JSON object");
  auto base = read_side(body, "base");
  if (!base) return std::unexpected(base.error());
  auto compare = read_side(body, "compare");
  if (!compare) return std::unexpected(compare.error());
  auto format = read_format(body);
  if (!format) return std::unexpected(format.error());
  return TempoDiffRequest{.base = *base, .compare = *compare, .format = *format};
}

}  // namespace clew::api
