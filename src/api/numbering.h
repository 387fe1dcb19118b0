// Numbers for what stands in batches once for many spans: resources, scopes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "otlp/batch.h"

namespace clew::api {

/// Numbers the messages of many batches as one answer has them: 0, 1, 2 … as they come, and those
/// of the same bytes alike. Keeps their bytes, and the last batch.
class Numbering {
 public:
  struct Place {
    uint32_t number;
    bool is_new;
    std::string_view message;  // kept as long as the numbering; empty unless it is new
  };

  /// Of the message that has number `in_batch` of `of_batch` in its batch.
  Place place_of(const otlp::Batch& batch, uint32_t in_batch, size_t of_batch,
                 std::string_view message) {
    if (batch_.view().data() != batch.bytes().view().data()) {
      batch_ = batch.bytes();
      in_batch_.assign(of_batch, kUnknown);
    }
    uint32_t& known = in_batch_[in_batch];
    if (known != kUnknown) return {known, false, {}};
    auto [at, is_new] =
        numbers_.try_emplace(std::string(message), static_cast<uint32_t>(numbers_.size()));
    if (is_new) bytes_ += message.size() + sizeof *at;
    known = at->second;
    return {known, is_new, is_new ? std::string_view(at->first) : std::string_view()};
  }

  size_t memory_bytes() const { return bytes_; }

 private:
  static constexpr uint32_t kUnknown = UINT32_MAX;

  std::unordered_map<std::string, uint32_t> numbers_;  // by message
  SharedBytes batch_;                                  // the last one
  std::vector<uint32_t> in_batch_;                     // by number there
  size_t bytes_ = 0;
};

}  // namespace clew::api
