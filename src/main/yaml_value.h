// Reading the structured sections of a YAML file: values that know where they stand.
#pragma once

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace clew {

/// What is wrong with a file, in the order it was found, each as "agent.yaml:14: queue.max_bytes:
/// …".
class YamlProblems {
 public:
  explicit YamlProblems(std::string file) : file_(std::move(file)) {}

  void add(const YAML::Mark& mark, std::string_view path, std::string_view what);

  /// Nothing, or kInvalid with one problem a line.
  Result<void> result() const;

 private:
  std::string file_;
  std::vector<std::string> problems_;
};

class YamlValue;

/// One key of a mapping and how to read its value.
struct YamlField {
  std::string_view name;
  std::function<void(const YamlValue&)> read;
};

/// One value of a file: a scalar, a list or a mapping, with its path ("exporters.otlp.tls", or
/// "sampling.rules[2]"). Its readers report what is wrong to the problems and then leave their
/// place as it was, so a reader of a section goes on and tells all problems at once. For use while
/// the file is being read, by one thread.
class YamlValue {
 public:
  YamlValue(YAML::Node node, YAML::Mark mark, std::string path, YamlProblems& problems)
      : node_(std::move(node)), mark_(mark), path_(std::move(path)), problems_(problems) {}

  bool is_map() const { return node_.IsMap(); }
  bool is_list() const { return node_.IsSequence(); }
  bool is_scalar() const { return node_.IsScalar(); }
  /// A key without a value, as in "processors:".
  bool is_empty() const { return node_.IsNull(); }
  /// Whether the scalar was written in quotes or as a block, and so is a text whatever it says.
  bool is_quoted() const { return node_.Tag() == "!"; }
  const std::string& path() const { return path_; }
  int line() const { return mark_.line + 1; }

  /// Reads a mapping by its known keys. An unknown key is a problem that names the nearest known
  /// one; so is one given twice. An empty value is an empty mapping.
  void fields(std::span<const YamlField> known) const;
  void fields(std::initializer_list<YamlField> known) const {
    fields(std::span(known.begin(), known.size()));
  }
  /// Reads a mapping whose keys are names of the user's choice.
  void entries(const std::function<void(const std::string& key, const YamlValue&)>& read) const;
  /// Reads a list; a single scalar is a list of one.
  void items(const std::function<void(const YamlValue&)>& read) const;

  /// Reads a scalar as the type of `place`.
  void into(std::string& place) const;
  void into(bool& place) const;  // true or false
  void into(double& place) const;
  /// A duration as Go writes it: 200ms, 10s, 336h.
  void into(std::chrono::milliseconds& place) const;
  /// Every item of a list.
  void into(std::vector<std::string>& place) const;
  /// A whole number in [least, most].
  template <std::integral Number>
  void into(Number& place, Number least = std::numeric_limits<Number>::min(),
            Number most = std::numeric_limits<Number>::max()) const {
    int64_t number = whole_number(saturated(least), saturated(most), saturated(place));
    place = static_cast<Number>(number);
  }
  /// A size with an optional unit: 512, 64KiB, 4GiB.
  void bytes_into(uint64_t& place) const;
  /// One of `choices`.
  void choice_into(std::string& place, std::initializer_list<std::string_view> choices) const;
  /// Gives the scalar to `parse`, whose error becomes a problem here.
  void parsed(const std::function<Result<void>(std::string_view)>& parse) const;

  /// Reports that something is wrong with this value.
  void problem(std::string_view what) const { problems_.add(mark_, path_, what); }

 private:
  static int64_t saturated(auto number) {
    return std::in_range<int64_t>(number) ? static_cast<int64_t>(number)
                                          : std::numeric_limits<int64_t>::max();
  }
  int64_t whole_number(int64_t least, int64_t most, int64_t otherwise) const;

  YAML::Node node_;
  YAML::Mark mark_;
  std::string path_;
  YamlProblems& problems_;
};

/// " (did you mean NAME?)" for the candidate that is a typing mistake away from `path`, or nothing.
std::string nearest_name(std::string_view path, std::span<const std::string> candidates);

}  // namespace clew
