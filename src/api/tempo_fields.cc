#include "api/tempo_fields.h"

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include "base/limits.h"

namespace clew::api {
namespace {

/// Fields past the ones Tempo has are left out, so that nothing grows by what nobody reads.
constexpr protozero::pbf_tag_type kLastField = 16;

}  // namespace

Result<TempoFields> TempoFields::read(std::string_view message) {
  using protozero::pbf_wire_type;
  TempoFields fields;
  try {
    for (protozero::pbf_reader in(message.data(), message.size()); in.next();) {
      bool known = in.tag() <= kLastField;
      if (known && in.wire_type() == pbf_wire_type::varint) {
        auto tag = in.tag();
        fields.numbers_[tag] = in.get_uint64();
      } else if (known && in.wire_type() == pbf_wire_type::length_delimited) {
        auto tag = in.tag();
        auto view = in.get_view();
        std::string_view text(view.data(), view.size());
        fields.texts_[tag] = text;
        if (tag == 1 && fields.entries_.size() <= limits::kTagsPerQuery)
          fields.entries_.push_back(text);
      } else {
        in.skip();
      }
    }
  } catch (const protozero::exception& damage) {
    return fail(Code::kMalformed, "the request is no message of this kind: {}", damage.what());
  }
  return fields;
}

std::optional<uint64_t> TempoFields::number(protozero::pbf_tag_type tag) const {
  auto at = numbers_.find(tag);
  return at == numbers_.end() || at->second == 0 ? std::nullopt : std::optional(at->second);
}

std::string TempoFields::text(protozero::pbf_tag_type tag) const {
  auto at = texts_.find(tag);
  return at == texts_.end() ? std::string() : std::string(at->second);
}

}  // namespace clew::api
