// A foreign configuration while it is taken over: remembers what of it was.
#pragma once

#include <yaml-cpp/yaml.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clew::convert {

/// What was left out, by line.
class Report {
 public:
  explicit Report(std::string file) : file_(std::move(file)) {}

  void add(int line, const std::string& path, std::string_view why);
  /// One message a line, in the order of lines.
  std::vector<std::string> messages() const;

 private:
  std::string file_;
  std::multimap<int, std::string> messages_;
};

/// One value of the file, with its path and line. Its keys are taken one by one; what nobody took
/// is reported by left_over().
class Source {
 public:
  Source(YAML::Node node, int line, std::string path, Report& report)
      : node_(std::move(node)), line_(line), path_(std::move(path)), report_(&report) {}

  bool is_map() const { return node_.IsMap(); }
  bool is_list() const { return node_.IsSequence(); }
  bool is_scalar() const { return node_.IsScalar(); }
  /// The scalar's text; empty if it is none. A variable in it is reported: Clew expands none.
  std::string text() const;
  bool is_true() const { return node_.IsScalar() && node_.Scalar() == "true"; }
  YAML::Node copy() const { return YAML::Clone(node_); }
  const std::string& path() const { return path_; }

  /// The value of a key, or nothing if it is not there; marks it as taken.
  std::optional<Source> take(std::string_view key);
  /// Marks keys as taken whose effect Clew has anyway.
  void ignore(std::initializer_list<std::string_view> keys);
  /// Keys and values, all taken.
  std::vector<std::pair<std::string, Source>> entries();
  /// The same mapping with those keys alone.
  Source only(const std::vector<std::string>& keys) const;
  /// The elements of a list; a scalar is a list of one.
  std::vector<Source> items() const;

  /// Reports this value.
  void left_out(std::string_view why = "Clew has nothing like it") const {
    report_->add(line_, path_, why);
  }
  /// Reports every key that was not taken.
  void left_over();

 private:
  YAML::Node node_;
  int line_;
  std::string path_;
  Report* report_;
  std::vector<std::string> taken_;
};

/// Copies those keys, where they are, as they stand.
void copy_keys(Source& from, std::initializer_list<std::string_view> keys, YAML::Node to);

/// The tree as YAML text: mappings in their order, scalars quoted where that makes a difference.
std::string yaml_text(const YAML::Node& node);

}  // namespace clew::convert
