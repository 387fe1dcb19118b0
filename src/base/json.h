// Writing JSON text straight into a string: a large trace is streamed out, not built as a tree
// first.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace clew {

/// Length of the valid UTF-8 sequence at the start of `text`, 0 if there is none.
/// Source: Unicode 15, table 3-7 (no overlong forms, no surrogates, nothing past U+10FFFF).
size_t utf8_length(std::string_view text);

/// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, since
/// attribute values of proxies hold whatever a client sent.
void append_json_string(std::string& out, std::string_view text);

/// Writes one JSON document in order; it puts the commas. The caller keeps begin and end in pairs
/// and gives every member of an object a key first.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool flag) { return raw(flag ? "true" : "false"); }
  JsonWriter& value(std::integral auto number) { return raw(std::to_string(number)); }
  JsonWriter& null() { return raw("null"); }
  /// A value that is JSON already.
  JsonWriter& raw(std::string_view json);

  /// key() and value() in one.
  template <typename T>
  JsonWriter& member(std::string_view name, const T& content) {
    return key(name).value(content);
  }

  /// Bytes written so far.
  size_t size() const { return out_.size(); }

  /// What was written since the last call; one may go on writing.
  std::string take() { return std::exchange(out_, {}); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string out_;
  bool needs_comma_ = false;
};

}  // namespace clew
