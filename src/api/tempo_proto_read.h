// Requests of Tempo's gRPC service (pkg/tempopb/tempo.proto).
#pragma once

#include <string>
#include <string_view>

#include "api/tempo_query.h"

namespace clew::api {

/// Reads a SearchRequest; what is zero or absent means what an absent parameter of /api/search
/// does. kMalformed for other bytes, kInvalid for what /api/search refuses.
Result<TempoSearch> read_tempo_search(std::string_view message);

struct TempoTagsRequest {
  std::string scope;
  TempoNames names;
};
/// Reads a SearchTagsRequest.
Result<TempoTagsRequest> read_tempo_tags(std::string_view message);

struct TempoValuesRequest {
  std::string tag;
  TempoNames names;
};
/// Reads a SearchTagValuesRequest.
Result<TempoValuesRequest> read_tempo_values(std::string_view message);

}  // namespace clew::api
