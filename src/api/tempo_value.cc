#include "api/tempo_value.h"

#include <fmt/format.h>
#include <cmath>

#include "query/traceql/literal_text.h"

namespace clew::api {
namespace {

using namespace query::traceql;

using protozero::pbf_writer;

void write(JsonWriter& json, const Literal& value) {
  json.begin_object();
  if (value.type == Type::kInt) {
    json.member("intValue", std::to_string(value.integer));
  } else if (value.type == Type::kBool) {
    json.member("boolValue", value.integer != 0);
  } else if (value.type == Type::kFloat) {
    write_tempo_number(json.key("doubleValue"), value.real);
  } else {
    json.member("stringValue", text_of(value));
  }
  json.end_object();
}

void write(pbf_writer out, const Literal& value) {
  constexpr protozero::pbf_tag_type kString = 1, kBool = 2, kInt = 3, kDouble = 4;
  if (value.type == Type::kInt)
    out.add_int64(kInt, value.integer);
  else if (value.type == Type::kBool)
    out.add_bool(kBool, value.integer != 0);
  else if (value.type == Type::kFloat)
    out.add_double(kDouble, value.real);
  else
    out.add_string(kString, text_of(value));
}

}  // namespace

void write_tempo_number(JsonWriter& json, double number) {
  if (std::isfinite(number))
    json.raw(fmt::format("{}", number));
  else
    json.value(std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
}

void write_tempo_attributes(JsonWriter& json, std::string_view name,
                            const TempoAttributes& attributes) {
  if (attributes.empty()) return;
  json.key(name).begin_array();
  for (const auto& [key, value] : attributes) {
    json.begin_object().member("key", key).key("value");
    write(json, value);
    json.end_object();
  }
  json.end_array();
}

void write_tempo_attributes(pbf_writer& out, protozero::pbf_tag_type tag,
                            const TempoAttributes& attributes) {
  for (const auto& [key, value] : attributes) {
    pbf_writer each(out, tag);
    each.add_string(1, key);
    write(pbf_writer(each, 2), value);
  }
}

std::string short_trace_id(const TraceId& id) {
  std::string hex = id.hex();
  size_t first = hex.find_first_not_of('0');
  return first == hex.npos ? "0" : hex.substr(first);
}

}  // namespace clew::api
