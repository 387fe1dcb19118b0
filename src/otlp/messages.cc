#include "otlp/messages.h"

#include "otlp/reader.h"

namespace clew::otlp {

void MessageRange::iterator::advance() {
  try {
    protozero::pbf_reader reader(rest_.data(), rest_.size());
    if (reader.next(tag_, protozero::pbf_wire_type::length_delimited)) {
      current_ = view_of(reader);
      rest_ = rest_.substr(rest_.size() - reader.length());
      done_ = false;
      return;
    }
  } catch (const protozero::exception&) {
    // Only bytes that never passed Batch::index get here; the contract is to stop at the damage.
  }
  done_ = true;
}

}  // namespace clew::otlp
