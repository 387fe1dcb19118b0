#include "otlp/patch.h"

#include <array>
#include <protozero/buffer_string.hpp>
#include <protozero/varint.hpp>

namespace clew::otlp {

void Patch::close(const Nested& nested) {
  if (edits_ == nested.edits_before) return;
  copy_until(nested.end);
  size_t content_at = nested.length_at + nested.length_size;
  std::array<char, protozero::max_varint_length> length;
  auto length_size = static_cast<size_t>(
      protozero::add_varint_to_buffer(length.data(), copy_.size() - content_at));
  // Mostly of the size it had; otherwise the content moves.
  copy_.replace(nested.length_at, nested.length_size, length.data(), length_size);
}

}  // namespace clew::otlp
