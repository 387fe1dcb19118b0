// Which tags there are and which values they have, as Tempo lists them for editors of TraceQL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/tempo_query.h"
#include "base/tenant.h"
#include "query/engine.h"

namespace clew::api {

/// What the store's indexes cannot tell comes from reading this many of the newest traces that may
/// have it: an editor waits for the list.
inline constexpr size_t kTracesReadForNames = 500;

struct TempoScope {
  std::string_view name;          // "resource", "span", "event", "link", "instrumentation",
  std::vector<std::string> tags;  // or "intrinsic"; sorted
};
struct TempoTags {
  std::vector<TempoScope> scopes;
  uint64_t read_bytes = 0;  // of spans, if it took reading them
  bool complete = true;     // false: there may be more than could be read
};

/// The scope of TraceQL's own fields.
inline constexpr std::string_view kTempoIntrinsic = "intrinsic";

/// Leaves out TraceQL's own fields, for lists that name tags without their scope.
void remove_intrinsics(TempoTags& tags);

/// Of one scope, or of all for "", "none" and "all". Keys of links, and all of them if names.query
/// asks for some spans only, come from reading spans; without such a query scope "link" must be
/// named for them. kInvalid for an unknown scope.
Result<TempoTags> list_tempo_tags(query::Engine& engine, const Tenant& tenant,
                                  std::string_view scope, const TempoNames& names);

/// A value and its type: "string", "int", "float", "bool", "duration" or "keyword".
struct TempoValue {
  std::string_view type;
  std::string value;

  auto operator<=>(const TempoValue&) const = default;
};
/// As many are listed if the client does not say how many.
inline constexpr size_t kTempoValues = 1000;

struct TempoValues {
  std::vector<TempoValue> values;
  uint64_t read_bytes = 0;
  bool complete = true;
};

/// Of what nearly every span has another value (durations, IDs) none are listed.
TempoValues list_tempo_values(query::Engine& engine, const Tenant& tenant,
                              const query::traceql::Field& tag, const TempoNames& names);

/// What `name` stands for where tags are named without their scope: any attribute, and some words
/// of Tempo's first version, such as `status.code`.
query::traceql::Field field_of_tag(std::string_view name);

}  // namespace clew::api
