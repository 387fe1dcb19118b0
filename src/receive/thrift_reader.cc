#include "receive/thrift_reader.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/metrics.h"

namespace clew::receive {
namespace {

using enum ThriftType;

/// The binary protocol's numbers for types; kStop where there is none.
constexpr std::array<ThriftType, 16> kBinaryTypes = {
    kStop, kStop, kBool, kByte,  kDouble, kStop, kI16, kStop,
    kI32,  kStop, kI64,  kBytes, kStruct, kMap,  kSet, kList,
};
/// The compact protocol's; as fields, 1 is true and 2 is false.
constexpr std::array<ThriftType, 16> kCompactTypes = {
    kStop,  kBool, kBool, kByte, kI16,    kI32,  kI64,  kDouble,
    kBytes, kList, kSet,  kMap,  kStruct, kStop, kStop, kStop,
};

/// The type with that number, which is not the end of a struct.
ThriftType type_of(ThriftBytes& in, const std::array<ThriftType, 16>& types, uint8_t number) {
  ThriftType type = number < types.size() ? types[number] : kStop;
  if (type == kStop) in.fail("a type that Thrift does not have");
  return type;
}

constexpr uint32_t kBinaryVersion = 0x8001'0000;
constexpr uint8_t kCompactProtocolId = 0x82, kCompactVersion = 1;

}  // namespace

Error ThriftBytes::error() const {
  return {Code::kMalformed, fmt::format("thrift: byte {}: {}", at_, wrong_)};
}

void ThriftBytes::fail(std::string_view what) {
  if (!ok()) return;
  wrong_ = what;
  bytes_ = bytes_.substr(0, at_);
}

uint64_t ThriftBytes::varint() {
  uint64_t number = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    uint8_t next = byte();
    number |= uint64_t{next & 0x7Fu} << shift;
    if (next < 0x80) return ok() ? number : 0;
  }
  fail("a number of more than 64 bits");
  return 0;
}

ThriftMessage ThriftBinary::message(ThriftBytes& in) {
  auto head = in.big_endian<uint32_t>();
  ThriftMessage message;
  if ((head & 0xFFFF'0000) == kBinaryVersion) {
    message = {.name = bytes(in), .type = static_cast<uint8_t>(head)};
  } else if (head < 0x8000'0000) {  // the older form begins with the name
    message.name = in.take(head);
    message.type = in.byte();
  } else {
    in.fail("no binary message begins so");
  }
  in.take(sizeof(uint32_t));  // the call's number
  return message;
}

ThriftField ThriftBinary::field(ThriftBytes& in, int16_t) {
  uint8_t type = in.byte();
  if (type == 0) return {};
  return {.type = type_of(in, kBinaryTypes, type), .id = in.big_endian<int16_t>()};
}

ThriftList ThriftBinary::list(ThriftBytes& in) {
  ThriftType element = type_of(in, kBinaryTypes, in.byte());
  return {element, in.big_endian<uint32_t>()};
}

ThriftList ThriftBinary::map(ThriftBytes& in, ThriftType& key) {
  uint8_t key_type = in.byte(), value_type = in.byte();
  auto size = in.big_endian<uint32_t>();
  if (size == 0) return {};  // some write no types then
  key = type_of(in, kBinaryTypes, key_type);
  return {type_of(in, kBinaryTypes, value_type), size};
}

int64_t ThriftBinary::integer(ThriftBytes& in, ThriftType type) {
  switch (type) {
    case kByte:
      return static_cast<int8_t>(in.byte());
    case kI16:
      return in.big_endian<int16_t>();
    case kI32:
      return in.big_endian<int32_t>();
    default:
      return in.big_endian<int64_t>();
  }
}

ThriftMessage ThriftCompact::message(ThriftBytes& in) {
  uint8_t protocol = in.byte(), version_and_type = in.byte();
  if (protocol != kCompactProtocolId || (version_and_type & 0x1F) != kCompactVersion)
    in.fail("no compact message begins so");
  in.varint();  // the call's number
  return {.name = bytes(in), .type = static_cast<uint8_t>(version_and_type >> 5)};
}

ThriftField ThriftCompact::field(ThriftBytes& in, int16_t last_id) {
  uint8_t head = in.byte();
  if (head == 0) return {};
  ThriftType type = type_of(in, kCompactTypes, head & 0x0F);
  int64_t id = head >> 4 != 0 ? last_id + (head >> 4) : in.zigzag();
  return {
      .type = in.ok() ? type : kStop, .id = static_cast<int16_t>(id), .truth = (head & 0x0F) == 1};
}

ThriftList ThriftCompact::list(ThriftBytes& in) {
  uint8_t head = in.byte();
  uint64_t size = head >> 4 == 15 ? in.varint() : head >> 4;
  ThriftType element = type_of(in, kCompactTypes, head & 0x0F);
  return {element, static_cast<uint32_t>(std::min<uint64_t>(size, UINT32_MAX))};
}

ThriftList ThriftCompact::map(ThriftBytes& in, ThriftType& key) {
  uint64_t size = in.varint();
  if (size == 0) return {};
  uint8_t types = in.byte();
  key = type_of(in, kCompactTypes, types >> 4);
  return {type_of(in, kCompactTypes, types & 0x0F),
          static_cast<uint32_t>(std::min<uint64_t>(size, UINT32_MAX))};
}

double ThriftCompact::real(ThriftBytes& in) {
  // Little-endian, unlike every other number of Thrift: a slip of the first implementation.
  return std::bit_cast<double>(__builtin_bswap64(in.big_endian<uint64_t>()));
}

template <typename Protocol>
void ThriftReader<Protocol>::skip(ThriftType type, int depth) {
  if (depth > limits::kThriftDepth) {
    metrics::count_limit_hit("thrift_depth");
    return in_.fail("values are nested too deeply");
  }
  auto skip_times = [&](ThriftType element, uint32_t size) {
    for (uint32_t i = 0; i < size && in_.ok(); ++i) skip(element, depth + 1);
  };
  switch (type) {
    case kBool:  // an element; as fields they are skip_field's
      in_.byte();
      return;
    case kDouble:
      Protocol::real(in_);
      return;
    case kByte:
    case kI16:
    case kI32:
    case kI64:
      Protocol::integer(in_, type);
      return;
    case kBytes:
      Protocol::bytes(in_);
      return;
    case kStruct:
      return fields([&](const ThriftField& field) {
        if (field.type == kBool) return false;
        skip(field.type, depth + 1);
        return true;
      });
    case kSet:
    case kList: {
      ThriftList list = checked(Protocol::list(in_));
      return skip_times(list.element, list.size);
    }
    case kMap: {
      ThriftType key = kStop;
      ThriftList map = checked(Protocol::map(in_, key));
      for (uint32_t i = 0; i < map.size && in_.ok(); ++i) {
        skip(key, depth + 1);
        skip(map.element, depth + 1);
      }
      return;
    }
    case kStop:
      return in_.fail("a type that Thrift does not have");
  }
}

template class ThriftReader<ThriftBinary>;
template class ThriftReader<ThriftCompact>;

}  // namespace clew::receive
