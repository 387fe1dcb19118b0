// The attributes of one message while actions change them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "otlp/patch.h"
#include "otlp/value.h"

namespace clew::agent {

/// Reads the attributes of a message, lets them be changed, and writes the changes as a patch.
/// Views: the message and the keys given to set() must outlive it. One thread.
class AttributeList {
 public:
  /// Of the fields `tag` of `message`.
  AttributeList(std::string_view message, otlp::fields::Tag tag);

  struct Entry {
    std::string_view key;
    std::string_view field = {};      // tag, length and content in the message; empty: it is new
    std::string_view old_value = {};  // serialized
    std::string new_value = {};       // holds if changed
    bool changed = false;
    bool erased = false;

    std::string_view any_value() const { return changed ? new_value : old_value; }
    otlp::Value value() const { return otlp::Value::decode(any_value()); }
  };

  /// In their order, erased ones among them.
  std::vector<Entry>& entries() { return entries_; }
  /// The first of that key that is not erased; null if there is none.
  Entry* find(std::string_view key);

  void set(Entry& entry, std::string any_value);
  void insert(std::string_view key, std::string any_value);
  void erase(Entry& entry) { entry.erased = true; }

  void write(otlp::Patch& patch) const;

 private:
  std::string_view message_;
  otlp::fields::Tag tag_;
  std::vector<Entry> entries_;
};

}  // namespace clew::agent
