// Any first bytes are of one protocol or too few, and more of the same change no verdict.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/internal/first_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::net;
  std::string_view all(reinterpret_cast<const char*>(data), size);
  for (Sniffed (*sniff)(std::string_view) : {sniff_plain, sniff_tls}) {
    Sniffed known{FirstBytes::kTooFew};
    for (size_t length = 0; length <= size; ++length) {
      Sniffed now = sniff(all.substr(0, length));
      if (now.verdict == FirstBytes::kTooFew && now.needed <= length) std::abort();
      if (known.verdict != FirstBytes::kTooFew && now.verdict != known.verdict) std::abort();
      known = now;
    }
  }
  return 0;
}
