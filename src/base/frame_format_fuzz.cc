// Reading a damaged segment never crashes, and finds each frame at most once.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/frame_format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clew::frames;
  constexpr FileKind kKind{.magic = "CLEWLOG\n", .version = 1};
  std::string_view input(reinterpret_cast<const char*>(data), size);
  check_header(kKind, input, 0);

  // The input as it is, and as the payload of a frame with damage around it: the frame is found.
  std::string segment = encode_header(kKind, {1, 0}) + std::string(input) +
                        encode_frame_header(0, 7, "t", input) + "t" + std::string(input);
  FrameReader reader(segment, 0);
  size_t end = 0;
  bool found = false;
  while (auto frame = reader.next()) {
    if (reader.whole_bytes() <= end) std::abort();
    end = reader.whole_bytes();
    found |= frame->position == 7 && frame->payload == input;
  }
  // It is missed only if a forged frame, which a fuzzer that knows the salt may make, swallows it.
  if (!found && end <= kHeaderBytes) std::abort();
  return 0;
}
