// What every reader of foreign protobuf messages needs. Inside of files that read the wire.
#pragma once

#include <simdjson.h>

#include <protozero/pbf_reader.hpp>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/metrics.h"
#include "base/result.h"

namespace clew::mesh::xds {

/// Thrown inside of guarded() only, as protozero throws: readers nest.
struct TooLarge {
  std::string_view what;
};
struct NotText {};

/// protozero trusts that a field is of the type that is asked for.
inline void expect(const protozero::pbf_reader& reader, protozero::pbf_wire_type type) {
  if (reader.wire_type() != type) throw protozero::unknown_pbf_wire_type_exception();
}

inline protozero::pbf_reader message_of(protozero::pbf_reader& reader) {
  expect(reader, protozero::pbf_wire_type::length_delimited);
  return reader.get_message();
}

inline int32_t number_of(protozero::pbf_reader& reader) {
  expect(reader, protozero::pbf_wire_type::varint);
  return reader.get_int32();
}

inline uint64_t count_of(protozero::pbf_reader& reader) {
  expect(reader, protozero::pbf_wire_type::varint);
  return reader.get_uint64();
}

/// The next field as text: what is not UTF-8 could be neither logged nor shown.
inline std::string text_of(protozero::pbf_reader& reader) {
  expect(reader, protozero::pbf_wire_type::length_delimited);
  auto view = reader.get_view();
  if (!simdjson::validate_utf8(view.data(), view.size())) throw NotText();
  return {view.data(), view.size()};
}

/// text_of(), no longer than a name may be.
inline std::string name_of(protozero::pbf_reader& reader, std::string_view what = "a name") {
  std::string name = text_of(reader);
  if (name.size() > limits::kXdsNameBytes) throw TooLarge{what};
  return name;
}

/// What `read` returns; kMalformed or kTooLarge where it throws. `what` names the message.
template <class Read>
auto guarded(std::string_view what, Read&& read) -> Result<decltype(read())> {
  try {
    return read();
  } catch (const protozero::exception&) {
    return fail(Code::kMalformed, "the message is no {}", what);
  } catch (const NotText&) {
    return fail(Code::kMalformed, "a string of the {} is not UTF-8", what);
  } catch (const TooLarge& too_large) {
    metrics::count_limit_hit("xds_names");
    return fail(Code::kTooLarge, "{} of the {} is past the limit", too_large.what, what);
  }
}

}  // namespace clew::mesh::xds
