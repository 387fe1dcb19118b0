#include "api/jaeger_filter_proto.h"

#include <string>
#include <utility>

#include "api/jaeger_v3_query.h"
#include "base/limits.h"
#include "otlp/proto_field.h"
#include "otlp/reader.h"

namespace clew::api {
namespace {

using otlp::text_field;
using otlp::view_of;
using query::Expression;
using Reader = protozero::pbf_reader;

/// Two texts, in fields 1 and 2. Unknown fields may hold what would narrow a filter.
Result<std::pair<std::string, std::string>> read_texts(std::string_view message) {
  std::pair<std::string, std::string> texts;
  for (Reader in(message.data(), message.size()); in.next();) {
    if (in.tag_and_type() == text_field(1))
      texts.first = view_of(in);
    else if (in.tag_and_type() == text_field(2))
      texts.second = view_of(in);
    else
      return malformed_param("filter", "it has an unknown field");
  }
  return texts;
}

Result<query::List> read_list(std::string_view message) {
  query::List list;
  for (Reader in(message.data(), message.size()); in.next();) {
    if (in.tag_and_type() == text_field(1))
      list.values.emplace_back(view_of(in));
    else if (in.tag_and_type() == text_field(2))
      list.type = view_of(in);
    else
      return malformed_param("filter", "it has an unknown field");
  }
  return list;
}

Result<Expression> read_term(uint32_t field, std::string_view content, int depth) {
  if (field == text_field(5)) {
    auto list = read_list(content);
    if (!list) return std::unexpected(list.error());
    return Expression{*std::move(list)};
  }
  if (field == text_field(6)) {
    auto call = read_filter_call(content, depth + 1);
    if (!call) return std::unexpected(call.error());
    return Expression{*std::move(call)};
  }
  auto texts = read_texts(content);
  if (!texts) return std::unexpected(texts.error());
  auto& [first, second] = *texts;
  if (field == text_field(1)) return Expression{query::AttributeReference{first, second}};
  if (field == text_field(2)) return Expression{query::FieldReference{first, second}};
  if (field == text_field(3)) return Expression{query::NestedReference{first}};
  if (field == text_field(4)) return Expression{query::Scalar{first, second}};
  return malformed_param("filter", "it has an unknown field");
}

Result<Expression> read_expression(std::string_view message, int depth) {
  std::optional<Expression> term;  // of several the last, as in protobuf
  for (Reader in(message.data(), message.size()); in.next();) {
    uint32_t field = in.tag_and_type();
    if (in.wire_type() != protozero::pbf_wire_type::length_delimited)
      return malformed_param("filter", "it has an unknown field");
    auto read = read_term(field, view_of(in), depth);
    if (!read) return read;
    term = *std::move(read);
  }
  if (!term) return malformed_param("filter", "an argument is empty");
  return *std::move(term);
}

}  // namespace

Result<query::Call> read_filter_call(std::string_view message, int depth) {
  if (depth > limits::kValueDepth)
    return malformed_param("filter",
                           fmt::format("it is nested more than {} deep", limits::kValueDepth));
  query::Call call;
  for (Reader in(message.data(), message.size()); in.next();) {
    if (in.tag_and_type() == text_field(1)) {
      call.op = view_of(in);
    } else if (in.tag_and_type() == text_field(2)) {
      auto arg = read_expression(view_of(in), depth);
      if (!arg) return std::unexpected(arg.error());
      call.args.push_back(*std::move(arg));
    } else {
      return malformed_param("filter", "it has an unknown field");
    }
  }
  return call;
}

}  // namespace clew::api
