#include "api/trace_columns_bytes.h"

#include <vector>

#include "base/check.h"
#include "base/little_endian.h"

namespace clew::api {
namespace {

constexpr size_t kAlignment = 8;

/// Sections one behind the other, and where they begin.
class Sections {
 public:
  explicit Sections(size_t spans) { bytes_.reserve(spans * 18); }

  void add(const void* data, size_t size) {
    bytes_.resize((bytes_.size() + kAlignment - 1) / kAlignment * kAlignment);
    put(directory_, static_cast<uint32_t>(kColumnsHeaderBytes + bytes_.size()));
    put(directory_, static_cast<uint32_t>(size));
    bytes_.append(static_cast<const char*>(data), size);
  }
  template <typename T>
  void add(const std::vector<T>& column) {
    add(column.data(), column.size() * sizeof(T));
  }
  void add_texts(const std::vector<std::string>& texts) {
    std::vector<uint32_t> ends;
    std::string all;
    for (const std::string& text : texts) {
      all += text;
      ends.push_back(static_cast<uint32_t>(all.size()));
    }
    add(ends);
    add(all.data(), all.size());
  }

  const std::string& directory() const { return directory_; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string directory_, bytes_;
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
  Sections sections(columns.flags.size());
  sections.add(columns.start_steps);
  sections.add(columns.durations);
  sections.add(columns.depths);
  sections.add(columns.operation_of);
  sections.add(columns.flags);
  sections.add(names);
  sections.add(services);
  sections.add(kinds);
  sections.add_texts(columns.names);
  sections.add_texts(columns.services);

  std::string out = "CLWC";
  out.reserve(kColumnsHeaderBytes + sections.bytes().size());
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
  return out += sections.bytes();
}

}  // namespace clew::api
