// Reading foreign protobuf messages with protozero.
#pragma once

#include <algorithm>
#include <optional>
#include <protozero/exception.hpp>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "otlp/proto_field.h"

namespace clew::receive {

using otlp::fixed64_field;
using otlp::get_truth;
using otlp::text_field;
using otlp::varint_field;

/// The ID in a bytes field: of its own length; or of 8 bytes, for a trace ID, which is then padded
/// with zeros on the left; or empty, which is none. nullopt for any other length.
template <typename Id>
std::optional<Id> id_of(std::string_view raw) {
  if (raw.empty()) return Id();
  if (raw.size() != sizeof(SpanId::bytes)) return Id::from_raw(raw);
  Id id;
  std::ranges::copy(raw, id.bytes.end() - sizeof(SpanId::bytes));
  return id;
}

/// Calls `decode()` -> Result<std::string>. Damage, which protozero throws, becomes kMalformed, and
/// so no exception leaves a decoder.
template <typename F>
Result<std::string> guard_against_damage(F&& decode) {
  try {
    return decode();
  } catch (const protozero::exception& damage) {
    return fail(Code::kMalformed, "not a protobuf message of this kind: {}", damage.what());
  }
}

}  // namespace clew::receive
