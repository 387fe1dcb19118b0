// What resources of many proxies have in common that differ by a few texts only.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace clew::mesh::xds {

/// A serialized message with blanks for texts. How long those are belongs to the form, so that
/// filling one in changes no length in front of it:
///
///     0a 19 0a 04 "node" 12 11 |___________|  …      an own tag of 9 bytes
///
/// Where the blanks are is found, not told: a message is made of one sample of the texts and of
/// another that differs in every byte, and where the two differ is a blank. Immutable.
class Form {
 public:
  /// Texts of the same sizes; the `first` and the second are nowhere alike.
  static std::vector<std::string> sample(std::span<const std::string> texts, bool first);

  /// From the messages that were made of the first and the second sample of `texts`. kInvalid if
  /// they differ in anything but copies of the texts: something has looked at what they say.
  static Result<Form> of(std::string_view type_url, std::span<const std::string> texts,
                         std::string first, std::string_view second,
                         std::vector<std::string> origin);

  /// The message. `texts`: all of them, one behind the other.
  std::string filled(std::string_view texts) const;

  size_t size() const { return bytes_.size(); }
  const std::string& type_url() const { return type_url_; }
  /// As XdsResource::origin(), of what is in common.
  const std::vector<std::string>& origin() const { return origin_; }

 private:
  struct Blank {
    size_t at, from, size;  // where in the message, where in the texts
  };

  std::string type_url_, bytes_;
  std::vector<Blank> blanks_;
  std::vector<std::string> origin_;
};

using FormPtr = std::shared_ptr<const Form>;

}  // namespace clew::mesh::xds
