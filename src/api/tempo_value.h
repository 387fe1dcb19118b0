// Values and attributes in Tempo's answers: AnyValue and KeyValue of OTLP. Internal: for
// tempo_*_answer.cc.
#pragma once

#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "query/traceql/ast.h"

namespace clew::api {

using TempoAttributes = std::vector<std::pair<std::string, query::traceql::Literal>>;

/// A number of protobuf's JSON, where those that are none are texts.
void write_tempo_number(JsonWriter& json, double number);

/// A member `name` with a list of KeyValue; none if there are none.
void write_tempo_attributes(JsonWriter& json, std::string_view name,
                            const TempoAttributes& attributes);
void write_tempo_attributes(protozero::pbf_writer& out, protozero::pbf_tag_type tag,
                            const TempoAttributes& attributes);

/// As Tempo writes it: without zeros at the front.
std::string short_trace_id(const TraceId& id);

}  // namespace clew::api
