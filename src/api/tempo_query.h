// What Tempo's clients put into URLs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http_message.h"
#include "store/filter.h"

namespace clew::api {

/// A search as /api/search takes it by `tags`, in logfmt: `service.name=shop http.status_code=503`.
struct TempoSearch {
  store::Filter filter;
  size_t limit = 20;
};

/// Reads tags, minDuration and maxDuration (of the trace), start, end (seconds since 1970) and
/// limit. The tag `name` is the span's name, `status.code` its status. kInvalid names the
/// parameter.
Result<TempoSearch> parse_tempo_search(const net::HttpRequest& request);

/// Reads `key=value key2="quoted \"value\""`, at most limits::kTagsPerQuery of them; kInvalid names
/// the column. Source: the logfmt of github.com/go-logfmt/logfmt.
Result<std::vector<store::Tag>> parse_logfmt(std::string_view text);

/// What a name of TraceQL stands for: one of its own fields, or an attribute.
struct TempoTag {
  std::string_view intrinsic = {};                  // "name", "status", …: its scope is left out
  std::optional<store::AttributeScope> scope = {};  // of the attribute; unset: any
  std::string key = {};                             // of the attribute
};

/// Reads `name`, `span:name`, `.http.method`, `span.http.method`, `resource."a b"`; kInvalid if it
/// is none of TraceQL's names.
Result<TempoTag> parse_tempo_tag(std::string_view text);

/// The fields of TraceQL that are not attributes, sorted; with the values each can have if those
/// are known beforehand (status, kind).
const std::vector<std::string_view>& tempo_intrinsics();

}  // namespace clew::api
