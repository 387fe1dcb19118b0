#include "api/tempo_proto_read.h"

#include "api/tempo_fields.h"
#include "api/tempo_tags.h"
#include "base/limits.h"

namespace clew::api {
namespace {

constexpr uint64_t kNanosPerMilli = 1'000'000;

Result<void> read_tags(const TempoFields& request, TempoSearch& search) {
  if (request.entries().size() > limits::kTagsPerQuery)
    return fail(Code::kInvalid, "invalid tags: more than {}", limits::kTagsPerQuery);
  if (!search.query.empty() && !request.entries().empty())
    return fail(Code::kInvalid, "Query and Tags are two ways to ask: give one of them");
  for (std::string_view message : request.entries()) {
    auto entry = TempoFields::read(message);
    if (!entry) return std::unexpected(entry.error());
    if (auto added = add_tempo_tag({entry->text(1), entry->text(2)}, search.filter); !added)
      return added;
  }
  return {};
}

/// What SearchTagsRequest and SearchTagValuesRequest have alike, under these numbers.
Result<TempoNames> read_names(const TempoFields& request, protozero::pbf_tag_type start,
                              protozero::pbf_tag_type limit, size_t otherwise) {
  TempoNames names{.query = request.text(2)};
  auto set = set_tempo_times(request.number(start), request.number(start + 1), names.start_min,
                             names.start_max);
  if (!set) return std::unexpected(set.error());
  names.limit = request.number(limit).value_or(otherwise);
  return names;
}

}  // namespace

Result<TempoSearch> read_tempo_search(std::string_view message) {
  enum : protozero::pbf_tag_type { kLeast = 2, kMost, kLimit, kStart, kEnd, kQuery = 8, kSpans };
  auto request = TempoFields::read(message);
  if (!request) return std::unexpected(request.error());
  TempoSearch search{.query = request->text(kQuery)};
  store::Filter& filter = search.filter;
  auto least = request->number(kLeast), most = request->number(kMost);
  if (least && most && *most < *least)
    return fail(Code::kInvalid, "MaxDurationMs should be greater than MinDurationMs");
  for (auto duration : {least, most})
    if (duration && *duration > UINT32_MAX)
      return fail(Code::kInvalid, "a duration is past what its field can hold");
  if (least) filter.min_trace_duration = *least * kNanosPerMilli;
  if (most) filter.max_trace_duration = *most * kNanosPerMilli;
  auto read = in_order([&] { return read_tags(*request, search); },
                       [&] {
                         return set_tempo_times(request->number(kStart), request->number(kEnd),
                                                filter.start_min, filter.start_max);
                       });
  if (!read) return std::unexpected(read.error());
  search.limit = request->number(kLimit).value_or(search.limit);
  search.spans_per_spanset = request->number(kSpans).value_or(search.spans_per_spanset);
  return search;
}

Result<TempoTagsRequest> read_tempo_tags(std::string_view message) {
  auto request = TempoFields::read(message);
  if (!request) return std::unexpected(request.error());
  auto names = read_names(*request, 3, 5, SIZE_MAX);
  if (!names) return std::unexpected(names.error());
  return TempoTagsRequest{request->text(1), *std::move(names)};
}

Result<TempoValuesRequest> read_tempo_values(std::string_view message) {
  auto request = TempoFields::read(message);
  if (!request) return std::unexpected(request.error());
  auto names = read_names(*request, 4, 6, kTempoValues);
  if (!names) return std::unexpected(names.error());
  return TempoValuesRequest{request->text(1), *std::move(names)};
}

}  // namespace clew::api
