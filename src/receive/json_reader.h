// Reading a foreign JSON document once, front to back, with the place of every error.
#pragma once

#include <simdjson.h>

#include <charconv>
#include <concepts>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace clew::receive {

/// One JSON document and where in it the reading is. Every function that can fail sets error() and
/// returns false or nullopt; the caller then returns at once, since the place is kept by scopes.
/// The error's message starts with the place: `resourceSpans[0].resource: an object is needed`.
///
/// Lenient where proxies and JavaScript are sloppy: bytes that are not UTF-8 and halves of
/// surrogate pairs become U+FFFD. The content of a field that nobody reads is skipped, not checked.
/// Memory: up to six bytes per byte of `json`, when all of it is brackets. One thread.
class JsonReader {
 public:
  using Value = simdjson::ondemand::value;

  explicit JsonReader(std::string_view json) : json_(json) {}

  /// Calls `root(value)` -> bool with the document's value, which must be all there is.
  template <typename F>
  bool document(F&& root);

  /// Calls `field(name, value)` -> bool for every field of an object that is not null, in order. A
  /// value that `field` does not read is skipped. `name` is valid until the reader is gone.
  template <typename F>
  bool fields(Value object, F&& field);

  /// Calls `element(value)` -> bool for every element of an array, in order, nulls too.
  template <typename F>
  bool elements(Value array, F&& element);

  /// A string, unescaped; valid until the reader is gone.
  std::optional<std::string_view> text(Value value);
  /// A string as text() gives it, a number, true or false as it stands in the document.
  std::optional<std::string_view> scalar_text(Value value);
  /// A whole number as a JSON number (also 1.0 or 1e3) or as a string of decimal digits.
  template <std::integral T>
  std::optional<T> integer(Value value);
  /// A number, the same as a string, or "NaN", "Infinity", "-Infinity".
  std::optional<double> real(Value value);
  std::optional<bool> boolean(Value value);
  /// These two also return false, and set the error, on something that is no JSON value.
  bool is_null(Value& value) {
    return type_of(value) == simdjson::ondemand::json_type::null && !error_;
  }
  bool is_string(Value& value) { return type_of(value) == simdjson::ondemand::json_type::string; }

  /// Sets the error at the current place; returns false.
  bool fail(Code code, std::string_view what);
  bool malformed(std::string_view what) { return fail(Code::kMalformed, what); }
  /// The same for a field that is not there.
  bool missing(std::string_view name) {
    Inside inside(place_, {name});
    return malformed("missing");
  }
  /// The error, once a function failed.
  const Error& error() const { return *error_; }

 private:
  /// One step down: a field's name, or an index.
  struct Step {
    std::string_view name;
    size_t index = 0;
  };
  class Inside {
   public:
    Inside(std::vector<Step>& place, Step step) : place_(place) { place_.push_back(step); }
    ~Inside() { place_.pop_back(); }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    void next() { ++place_.back().index; }

   private:
    std::vector<Step>& place_;
  };

  /// A JSON number that is whole, or a string of one, in the widest forms.
  struct Whole {
    bool negative;
    uint64_t magnitude;
  };

  bool open();
  bool at_end();
  bool broken(simdjson::error_code error);
  bool mismatch(Value& value, std::string_view wanted);
  simdjson::ondemand::json_type type_of(Value& value);
  std::optional<std::string_view> unescape(simdjson::ondemand::raw_json_string raw);
  std::optional<std::string_view> token(Value& value);
  std::optional<Whole> whole(Value& value);
  std::string place() const;

  std::string_view json_;
  simdjson::padded_string padded_;
  simdjson::ondemand::parser parser_;
  simdjson::ondemand::document document_;
  std::unique_ptr<uint8_t[]> unescaped_;
  uint8_t* unescaped_end_ = nullptr;
  std::deque<std::string> repaired_;
  std::vector<Step> place_;
  std::optional<Error> error_;
};

template <typename F>
bool JsonReader::document(F&& root) {
  if (!open()) return false;
  Value value;
  if (auto error = document_.get_value().get(value)) {
    return error == simdjson::SCALAR_DOCUMENT_AS_VALUE
               ? malformed("a JSON object or array is needed")
               : broken(error);
  }
  return root(value) && !error_ && at_end();
}

template <typename F>
bool JsonReader::fields(Value object, F&& field) {
  if (type_of(object) != simdjson::ondemand::json_type::object)
    return mismatch(object, "an object");
  simdjson::ondemand::object members;
  if (auto error = object.get_object().get(members)) return broken(error);
  for (auto member : members) {
    simdjson::ondemand::raw_json_string raw_name;
    if (auto error = member.key().get(raw_name)) return broken(error);
    auto name = unescape(raw_name);
    if (!name) return false;
    Value value;
    if (auto error = member.value().get(value)) return broken(error);
    Inside inside(place_, {*name});
    bool absent = is_null(value);
    if (error_) return false;
    if (!absent && !field(*name, value)) return false;
  }
  return true;
}

template <typename F>
bool JsonReader::elements(Value array, F&& element) {
  if (type_of(array) != simdjson::ondemand::json_type::array) return mismatch(array, "an array");
  simdjson::ondemand::array members;
  if (auto error = array.get_array().get(members)) return broken(error);
  Inside inside(place_, {});
  for (auto member : members) {
    Value value;
    if (auto error = std::move(member).get(value)) return broken(error);
    if (!element(value)) return false;
    inside.next();
  }
  return true;
}

template <std::integral T>
std::optional<T> JsonReader::integer(Value value) {
  auto number = whole(value);
  if (!number) return std::nullopt;
  constexpr uint64_t kMax = std::numeric_limits<T>::max();
  if (!number->negative && number->magnitude <= kMax) return static_cast<T>(number->magnitude);
  if (number->negative && (number->magnitude == 0 || std::signed_integral<T>)) {
    if (number->magnitude <= kMax + std::signed_integral<T>)
      return static_cast<T>(0 - number->magnitude);
  }
  malformed("the number does not fit into " + std::to_string(8 * sizeof(T)) + " bits");
  return std::nullopt;
}

}  // namespace clew::receive
