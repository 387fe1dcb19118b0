// A block that is damaged in up to a few places, with checksums that are right again: whatever is
// asked of it, it neither crashes nor hangs nor reserves more than it justifies. Each change is a
// length, the number of a piece (two bytes) and what BlockPieces::damage() makes of the rest.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/log.h"
#include "store/block_pieces.h"
#include "store/block_questions.h"
#include "store/block_testing.h"
#include "store/random_spans.h"

namespace {

using namespace clew;
using namespace clew::store;

struct Whole {
  Whole() : pieces(testing::BlockPieces::of(block())) {
    spdlog::set_level(spdlog::level::off);
    for (uint64_t i = 1; i <= 5; ++i) questions.traces.push_back(testing::trace_id(i));
    questions.filters = {{},
                         {.service = "shop", .min_duration = 10},
                         {.status = otlp::StatusCode::kError},
                         {.tags = {{"color", "red"}, {"error", "false"}}},
                         {.conditions = {{.key = "mixed", .comparison = Comparison::kExists}}}};
    questions.keys = {"color", "mixed"};
  }

  static std::string block() {
    testing::Dice dice(1);
    std::vector<testing::RichSpec> specs;
    for (uint64_t i = 0; i < 60; ++i) specs.push_back(testing::random_span(dice, i + 1).spec);
    return testing::block_of({testing::rich_batch(specs)}, {.group_rows = 20, .rare = true});
  }

  testing::BlockPieces pieces;
  testing::Questions questions;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Whole whole;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  testing::BlockPieces pieces = whole.pieces;
  for (int i = 0; i < 4 && input.size() > 3; ++i) {
    size_t length = std::min<size_t>(static_cast<uint8_t>(input[0]), input.size() - 3);
    pieces.damage(get<uint16_t>(input, 1), input.substr(3, length));
    input.remove_prefix(3 + length);
  }
  Cache cache(1 << 20);
  std::atomic<uint64_t> damaged = 0;
  auto file = std::make_shared<testing::MemoryFile>(pieces.assemble());
  if (auto block = Block::open({{Tenant(), "b"}, 0}, file, cache, damaged))
    testing::answers(**block, whole.questions);
  return 0;
}
