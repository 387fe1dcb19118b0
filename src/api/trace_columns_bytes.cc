#include "api/trace_columns_bytes.h"

#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/little_endian.h"

namespace clew::api {
namespace {

constexpr size_t kAlignment = 8;

/// Sections one behind the other, and where they begin. Holds views of the columns.
class Sections {
 public:
  void add(std::string_view bytes) {
    size_ = aligned(size_);
    put(directory_, static_cast<uint32_t>(kColumnsHeaderBytes + size_));
    put(directory_, static_cast<uint32_t>(bytes.size()));
    sections_.push_back(bytes);
    size_ += bytes.size();
  }
  template <typename T>
  void add(const std::vector<T>& column) {
    add(std::string_view(reinterpret_cast<const char*>(column.data()), column.size() * sizeof(T)));
  }

  const std::string& directory() const { return directory_; }
  size_t size() const { return size_; }

  /// Appends them; `out` ends at an aligned place.
  void write(std::string& out) const {
    for (std::string_view section : sections_) {
      out.resize(aligned(out.size()));
      out += section;
    }
  }

 private:
  static size_t aligned(size_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

  std::string directory_;
  std::vector<std::string_view> sections_;
  size_t size_ = 0;
};

/// Texts as two sections.
struct Texts {
  explicit Texts(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      all += text;
      ends.push_back(static_cast<uint32_t>(all.size()));
    }
  }
  std::vector<uint32_t> ends;
  std::string all;
};

static_assert(kColumnsHeaderBytes % kAlignment == 0);

}  // namespace

std::string trace_columns_bytes(const query::TraceColumns& columns, const TraceId& id,
                                bool complete) {
  std::vector<uint32_t> names, services;
  std::vector<uint8_t> kinds;
  for (const query::TraceColumns::Operation& operation : columns.operations) {
    names.push_back(operation.name);
    services.push_back(operation.service);
    kinds.push_back(static_cast<uint8_t>(operation.kind));
  }
  Texts name_texts(columns.names), service_texts(columns.services);
  Sections sections;
  sections.add(columns.start_steps);
  sections.add(columns.durations);
  sections.add(columns.depths);
  sections.add(columns.operation_of);
  sections.add(columns.flags);
  sections.add(names);
  sections.add(services);
  sections.add(kinds);
  sections.add(name_texts.ends);
  sections.add(name_texts.all);
  sections.add(service_texts.ends);
  sections.add(service_texts.all);

  std::string out = "CLWC";
  out.reserve(kColumnsHeaderBytes + sections.size());
  put(out, kColumnsVersion);
  out.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
  put(out, static_cast<uint64_t>(columns.start));
  put(out, columns.duration);
  put(out, columns.tick_ns);
  for (size_t count : {columns.flags.size(), columns.operations.size(), columns.names.size(),
                       columns.services.size(), static_cast<size_t>(complete), size_t{0}})
    put(out, static_cast<uint32_t>(count));
  out += sections.directory();
  CLEW_CHECK(out.size() == kColumnsHeaderBytes);
  sections.write(out);
  return out;
}

}  // namespace clew::api
