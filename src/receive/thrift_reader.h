// Reading Apache Thrift's two wire formats in place: no generated code, no copies, bounded.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace clew::receive {

/// Types of values, the same for both protocols.
enum class ThriftType : uint8_t {
  kStop,  // after the last field of a struct
  kBool,
  kByte,
  kDouble,
  kI16,
  kI32,
  kI64,
  kBytes,  // string and binary
  kStruct,
  kMap,
  kSet,
  kList,
};

/// The head of a field. A compact bool is all head: its value is `truth`.
struct ThriftField {
  ThriftType type = ThriftType::kStop;
  int16_t id = 0;
  bool truth = false;
};

/// The head of a list or set.
struct ThriftList {
  ThriftType element = ThriftType::kStop;
  uint32_t size = 0;
};

/// The head of a message, which is one call.
struct ThriftMessage {
  std::string_view name;  // of the method
  uint8_t type = 0;       // 1: call, 4: one-way
};

/// The foreign bytes and how far they have been read. The first thing wrong is kept; from then on
/// everything reads as zero and nothing is left, so readers need not look after every step.
class ThriftBytes {
 public:
  explicit ThriftBytes(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return wrong_.empty(); }
  size_t left() const { return bytes_.size() - at_; }
  /// kMalformed with the byte's offset; only if not ok().
  Error error() const;
  void fail(std::string_view what);

  std::string_view take(size_t size) {
    if (size > left()) return fail("the data is cut short"), std::string_view();
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  uint8_t byte() {
    if (left() == 0) return fail("the data is cut short"), 0;
    return static_cast<uint8_t>(bytes_[at_++]);
  }
  /// A number of `sizeof(T)` bytes, most significant first.
  template <typename T>
  T big_endian() {
    T number = 0;
    for (char c : take(sizeof(T)))
      number = static_cast<T>(static_cast<uint64_t>(number) << 8 | static_cast<uint8_t>(c));
    return number;
  }
  uint64_t varint();
  int64_t zigzag() {
    uint64_t number = varint();
    return static_cast<int64_t>(number >> 1 ^ (0 - (number & 1)));
  }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
  std::string_view wrong_;
};

/// TBinaryProtocol: fixed-size numbers, most significant byte first.
/// Source: thrift/doc/specs/thrift-binary-protocol.md.
struct ThriftBinary {
  static ThriftMessage message(ThriftBytes& in);
  static ThriftField field(ThriftBytes& in, int16_t last_id);
  static ThriftList list(ThriftBytes& in);
  /// The types of a map's keys and values, and its size.
  static ThriftList map(ThriftBytes& in, ThriftType& key);
  static int64_t integer(ThriftBytes& in, ThriftType type);
  static double real(ThriftBytes& in) { return std::bit_cast<double>(in.big_endian<uint64_t>()); }
  static std::string_view bytes(ThriftBytes& in) { return in.take(in.big_endian<uint32_t>()); }
  static bool truth(ThriftBytes& in, const ThriftField&) { return in.byte() != 0; }
  /// Bytes of a bool that is a field.
  static constexpr size_t kBoolFieldSize = 1;
};

/// TCompactProtocol: zigzag varints, field IDs as differences.
/// Source: thrift/doc/specs/thrift-compact-protocol.md.
struct ThriftCompact {
  static ThriftMessage message(ThriftBytes& in);
  static ThriftField field(ThriftBytes& in, int16_t last_id);
  static ThriftList list(ThriftBytes& in);
  static ThriftList map(ThriftBytes& in, ThriftType& key);
  static int64_t integer(ThriftBytes& in, ThriftType type) {
    return type == ThriftType::kByte ? static_cast<int8_t>(in.byte()) : in.zigzag();
  }
  static double real(ThriftBytes& in);
  static std::string_view bytes(ThriftBytes& in) { return in.take(in.varint()); }
  static bool truth(ThriftBytes&, const ThriftField& field) { return field.truth; }
  static constexpr size_t kBoolFieldSize = 0;
};

/// Structs, lists and values of one protocol, front to back. Views point into the bytes. A copy is
/// a bookmark. A hand-written reader because libthrift's protocols copy every string and go through
/// a virtual call for every byte or a transport of their own; this is no longer than their adapter.
///
/// Never trusts a length: a list may not have more elements than bytes are left, and values that
/// are skipped may nest up to limits::kThriftDepth.
template <typename Protocol>
class ThriftReader {
 public:
  explicit ThriftReader(std::string_view bytes) : in_(bytes) {}

  bool ok() const { return in_.ok(); }
  Error error() const { return in_.error(); }
  void fail(std::string_view what) { in_.fail(what); }

  ThriftMessage message() { return Protocol::message(in_); }

  /// Calls `read(field)` -> bool for each field of a struct; false means that it has read nothing
  /// and the value is skipped, as Thrift does with fields of unknown IDs or other types.
  template <typename F>
  void fields(F&& read) {
    int16_t last_id = 0;
    while (in_.ok()) {
      ThriftField field = Protocol::field(in_, last_id);
      if (field.type == ThriftType::kStop) return;
      last_id = field.id;
      if (!read(field)) skip_field(field);
    }
  }

  /// Calls `read()` for each element of a list of structs.
  template <typename F>
  bool structs(const ThriftField& field, F&& read) {
    if (field.type != ThriftType::kList) return false;
    structs(std::forward<F>(read));
    return true;
  }
  /// The same for a list that is not in a field.
  template <typename F>
  void structs(F&& read) {
    ThriftList list = checked(Protocol::list(in_));
    if (list.size > 0 && list.element != ThriftType::kStruct)
      return in_.fail("a list of structs is needed");
    for (uint32_t i = 0; i < list.size && in_.ok(); ++i) read();
  }

  // These read a field's value into `out` if it has the type for it.

  bool value(const ThriftField& field, std::string_view& out) {
    if (field.type != ThriftType::kBytes) return false;
    out = Protocol::bytes(in_);
    return true;
  }
  bool value(const ThriftField& field, bool& out) {
    if (field.type != ThriftType::kBool) return false;
    out = Protocol::truth(in_, field);
    return true;
  }
  bool value(const ThriftField& field, double& out) {
    if (field.type != ThriftType::kDouble) return false;
    out = Protocol::real(in_);
    return true;
  }
  bool value(const ThriftField& field, int64_t& out) {
    return integer(field, ThriftType::kI64, out);
  }
  bool value(const ThriftField& field, int32_t& out) {
    return integer(field, ThriftType::kI32, out);
  }
  bool value(const ThriftField& field, int16_t& out) {
    return integer(field, ThriftType::kI16, out);
  }

 private:
  template <typename T>
  bool integer(const ThriftField& field, ThriftType type, T& out) {
    if (field.type != type) return false;
    out = static_cast<T>(Protocol::integer(in_, type));
    return true;
  }
  /// Every element takes a byte at least, so that a loop over them ends when the bytes do.
  ThriftList checked(ThriftList list) {
    if (list.size <= in_.left()) return list;
    in_.fail("a list is longer than the data");
    return {};
  }
  void skip_field(const ThriftField& field) {
    if (field.type != ThriftType::kBool) return skip(field.type, 1);
    in_.take(Protocol::kBoolFieldSize);
  }
  void skip(ThriftType type, int depth);

  ThriftBytes in_;
};

extern template class ThriftReader<ThriftBinary>;
extern template class ThriftReader<ThriftCompact>;

}  // namespace clew::receive
