// The fields of one small protobuf message. Internal: for requests of Tempo's gRPC service.
#pragma once

#include <map>
#include <optional>
#include <protozero/types.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace clew::api {

/// Numbers, and texts or messages, by their field; of several the last wins. A view of the message.
class TempoFields {
 public:
  /// kMalformed for other bytes.
  static Result<TempoFields> read(std::string_view message);

  /// Nothing for zero too: Go's clients send it where they mean that it is not set.
  std::optional<uint64_t> number(protozero::pbf_tag_type tag) const;
  /// Empty if it is absent.
  std::string text(protozero::pbf_tag_type tag) const;
  /// Every occurrence of field 1, limits::kTagsPerQuery and one more of them at most: a map.
  const std::vector<std::string_view>& entries() const { return entries_; }

 private:
  std::map<protozero::pbf_tag_type, uint64_t> numbers_;
  std::map<protozero::pbf_tag_type, std::string_view> texts_;
  std::vector<std::string_view> entries_;
};

}  // namespace clew::api
