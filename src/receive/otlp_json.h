// OTLP/JSON in, OTLP protobuf out.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "otlp/signal.h"

namespace clew::receive {

/// Turns the JSON form of an export request of that signal into its serialized protobuf, which
/// Batch::index or Payload::check then accepts or refuses like any other.
///
/// Field names are lowerCamelCase only; unknown ones are ignored; null means absent. Trace and span
/// IDs are hex in either case, of exactly 32 and 16 digits or empty. 64-bit numbers may be strings
/// or numbers. More lenient than the specification: enums may also be names, as protobuf's own JSON
/// writers send them; bytes may be URL-safe base64; text that is not Unicode gets U+FFFD.
///
/// Fails with kMalformed, and kTooLarge past limits::kValueDepth. The message names the place:
/// `resourceSpans[0].scopeSpans[0].spans[3].traceId: 31 hex digits, 32 are needed`.
/// Source: OTLP specification v1.11, "JSON Protobuf Encoding"; protobuf's "ProtoJSON Format".
Result<std::string> otlp_json_to_protobuf(std::string_view json, otlp::Signal signal);
/// The same for spans.
Result<std::string> otlp_json_to_protobuf(std::string_view json);

}  // namespace clew::receive
