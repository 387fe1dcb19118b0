#include "mesh/envoy_api/json_to_wire.h"

#include <absl/strings/escaping.h>
#include <google/protobuf/descriptor.h>
#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <protozero/pbf_writer.hpp>
#include <utility>

#include "base/limits.h"
#include "mesh/envoy_api/envoy_api.h"

namespace clew::mesh::envoy_api {
namespace {

namespace pb = google::protobuf;
using nlohmann::json;
using Type = pb::FieldDescriptor::Type;
using protozero::pbf_writer;

/// Unwinds to json_to_wire(); nothing of it leaves this file.
struct Wrong {
  std::string place;  // "filter_chains[0].name"
  std::string what;
};

[[noreturn]] void wrong(std::string what) {
  throw Wrong{"", std::move(what)};
}

/// Numbers may be strings, as 64-bit ones are in ProtoJSON.
template <class Number>
Number parsed(const std::string& text) {
  Number number{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) wrong("not a number");
  return number;
}

template <class Integer>
Integer integer_of(const json& value) {
  if (value.is_string()) return parsed<Integer>(value.get_ref<const std::string&>());
  if (!value.is_number()) wrong("not a number");
  constexpr char kSize[] = "not an integer of that size";
  if (value.is_number_float()) {  // 5.0 is an integer, too
    double real = value.get<double>();
    constexpr double kExact = 9007199254740992;
    if (real != std::trunc(real) || std::abs(real) > kExact ||
        !std::in_range<Integer>(static_cast<int64_t>(real)))
      wrong(kSize);
    return static_cast<Integer>(real);
  }
  bool fits = value.is_number_unsigned() ? std::in_range<Integer>(value.get<uint64_t>())
                                         : std::in_range<Integer>(value.get<int64_t>());
  if (!fits) wrong(kSize);
  return value.get<Integer>();
}

double real_of(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) wrong("not a number");
  const auto& text = value.get_ref<const std::string&>();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return parsed<double>(text);
}

bool truth_of(const json& value) {
  if (!value.is_boolean()) wrong("neither true nor false");
  return value.get<bool>();
}

const std::string& text_of(const json& value) {
  if (!value.is_string()) wrong("not a string");
  const auto& text = value.get_ref<const std::string&>();
  if (!simdjson::validate_utf8(text)) wrong("not UTF-8");
  return text;
}

std::string bytes_of(const json& value) {
  std::string bytes;
  if (!absl::Base64Unescape(text_of(value), &bytes)) wrong("not base64");
  return bytes;
}

int32_t enum_of(const pb::EnumDescriptor& type, const json& value) {
  if (!value.is_string()) return integer_of<int32_t>(value);
  const pb::EnumValueDescriptor* found = type.FindValueByName(value.get_ref<const std::string&>());
  if (found == nullptr) wrong("no such value");
  return found->number();
}

/// google.protobuf.Duration: "1.5s".
void write_duration(const json& value, pbf_writer& out) {
  std::string_view text = text_of(value);
  if (!text.ends_with('s')) wrong("not a duration as 1.5s");
  text.remove_suffix(1);
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  size_t dot = text.find('.');
  std::string_view whole = text.substr(0, dot);
  std::string fraction(dot == text.npos ? "" : text.substr(dot + 1));
  int64_t seconds = 0;
  int32_t nanos = 0;
  auto read = [](std::string_view digits, auto& number) {
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() && end == digits.data() + digits.size() && number >= 0;
  };
  if (fraction.size() > 9 || !read(whole, seconds)) wrong("not a duration as 1.5s");
  fraction.resize(9, '0');
  if (!read(fraction, nanos) || seconds > 315'576'000'000) wrong("not a duration as 1.5s");
  if (seconds != 0) out.add_int64(1, negative ? -seconds : seconds);
  if (nanos != 0) out.add_int32(2, negative ? -nanos : nanos);
}

class Writer {
 public:
  /// Everything is written to the end of `bytes`.
  Writer(const FindType& find_type, std::string& bytes) : find_type_(find_type), bytes_(bytes) {}

  void write_message(const pb::Descriptor& type, const json& value, pbf_writer& out) {
    if (++depth_ > limits::kEnvoyDepth) wrong("nested too deeply");
    if (is_special(type))
      write_special(type, value, out);
    else
      write_fields(type, value, out, false);
    --depth_;
  }

 private:
  void write_fields(const pb::Descriptor& type, const json& value, pbf_writer& out, bool in_any) {
    if (!value.is_object()) wrong("not an object");
    uint64_t oneofs = 0;  // that have a field already
    for (const auto& [name, item] : value.items()) {
      if (in_any && name.starts_with('@')) continue;  // "@type"
      at(name, [&] {
        const pb::FieldDescriptor* field = type.FindFieldByName(name);
        if (field == nullptr) field = type.FindFieldByCamelcaseName(name);
        if (field == nullptr) wrong("no such field of " + type.name());
        bool is_value = field->type() == Type::TYPE_MESSAGE &&
                        field->message_type()->full_name() == "google.protobuf.Value";
        if (item.is_null() && !is_value) return;
        if (const pb::OneofDescriptor* oneof = field->real_containing_oneof()) {
          uint64_t bit = uint64_t{1} << oneof->index();  // no message has more than ten
          if ((oneofs & bit) != 0) wrong("another of " + oneof->name() + " is there already");
          oneofs |= bit;
        }
        write_field(*field, item, out);
      });
    }
  }

  void write_field(const pb::FieldDescriptor& field, const json& value, pbf_writer& out) {
    if (field.is_map()) return write_map(field, value, out);
    if (!field.is_repeated()) return write_single(field, value, out);
    if (!value.is_array()) wrong("not a list");
    for (size_t i = 0; i < value.size(); ++i) at(i, [&] { write_single(field, value[i], out); });
  }

  void write_map(const pb::FieldDescriptor& field, const json& value, pbf_writer& out) {
    if (!value.is_object()) wrong("not an object");
    const pb::Descriptor& entry = *field.message_type();
    for (const auto& [key, item] : value.items())
      at(key, [&] {
        json name = key;
        if (entry.map_key()->type() == Type::TYPE_BOOL) name = key == "true";
        nested(out, static_cast<protozero::pbf_tag_type>(field.number()), [&](pbf_writer& sub) {
          write_single(*entry.map_key(), name, sub);
          write_single(*entry.map_value(), item, sub);
        });
      });
  }

  /// One element; of packed fields as well, which every parser takes one by one.
  void write_single(const pb::FieldDescriptor& field, const json& value, pbf_writer& out) {
    auto tag = static_cast<protozero::pbf_tag_type>(field.number());
    switch (field.type()) {
      case Type::TYPE_MESSAGE:
        return nested(out, tag,
                      [&](pbf_writer& sub) { write_message(*field.message_type(), value, sub); });
      case Type::TYPE_STRING:
        return out.add_string(tag, text_of(value));
      case Type::TYPE_BYTES:
        return out.add_bytes(tag, bytes_of(value));
      case Type::TYPE_ENUM:
        return out.add_enum(tag, enum_of(*field.enum_type(), value));
      case Type::TYPE_BOOL:
        return out.add_bool(tag, truth_of(value));
      case Type::TYPE_DOUBLE:
        return out.add_double(tag, real_of(value));
      case Type::TYPE_FLOAT:
        return out.add_float(tag, static_cast<float>(real_of(value)));
      default:
        return write_integer(field.type(), tag, value, out);
    }
  }

  static void write_integer(Type type, protozero::pbf_tag_type tag, const json& value,
                            pbf_writer& out) {
    switch (type) {
      case Type::TYPE_INT32:
        return out.add_int32(tag, integer_of<int32_t>(value));
      case Type::TYPE_SINT32:
        return out.add_sint32(tag, integer_of<int32_t>(value));
      case Type::TYPE_SFIXED32:
        return out.add_sfixed32(tag, integer_of<int32_t>(value));
      case Type::TYPE_UINT32:
        return out.add_uint32(tag, integer_of<uint32_t>(value));
      case Type::TYPE_FIXED32:
        return out.add_fixed32(tag, integer_of<uint32_t>(value));
      case Type::TYPE_INT64:
        return out.add_int64(tag, integer_of<int64_t>(value));
      case Type::TYPE_SINT64:
        return out.add_sint64(tag, integer_of<int64_t>(value));
      case Type::TYPE_SFIXED64:
        return out.add_sfixed64(tag, integer_of<int64_t>(value));
      case Type::TYPE_UINT64:
        return out.add_uint64(tag, integer_of<uint64_t>(value));
      case Type::TYPE_FIXED64:
        return out.add_fixed64(tag, integer_of<uint64_t>(value));
      default:
        wrong("of a type that has no JSON here");
    }
  }

  /// Messages that look otherwise in JSON.
  static bool is_special(const pb::Descriptor& type) {
    return type.well_known_type() != pb::Descriptor::WELLKNOWNTYPE_UNSPECIFIED;
  }

  void write_special(const pb::Descriptor& type, const json& value, pbf_writer& out) {
    switch (type.well_known_type()) {
      case pb::Descriptor::WELLKNOWNTYPE_ANY:
        return write_any(value, out);
      case pb::Descriptor::WELLKNOWNTYPE_DURATION:
        return write_duration(value, out);
      case pb::Descriptor::WELLKNOWNTYPE_VALUE:
        return write_value(value, out);
      case pb::Descriptor::WELLKNOWNTYPE_STRUCT:
      case pb::Descriptor::WELLKNOWNTYPE_LISTVALUE:
        return write_field(*type.FindFieldByNumber(1), value, out);
      case pb::Descriptor::WELLKNOWNTYPE_TIMESTAMP:
        wrong("a time, which no resource has");
      default:  // BoolValue, UInt32Value, …
        return write_single(*type.FindFieldByNumber(1), value, out);
    }
  }

  void write_any(const json& value, pbf_writer& out) {
    if (!value.is_object()) wrong("not an object");
    if (value.empty()) return;
    auto url = value.find("@type");
    if (url == value.end()) wrong("has no @type");
    const std::string& type_url = text_of(*url);
    const pb::Descriptor* type = find_type_(type_url);
    if (type == nullptr) wrong("unknown @type " + type_url);
    out.add_string(1, type_url);
    nested(out, 2, [&](pbf_writer& sub) {
      if (!is_special(*type))
        write_fields(*type, value, sub, true);
      else if (auto inner = value.find("value"); inner != value.end())
        write_message(*type, *inner, sub);
      // In protobuf, messages that follow each other are one.
      if (auto rest = value.find(kSerialized); rest != value.end() && rest->is_binary())
        bytes_.append(rest->get_binary().begin(), rest->get_binary().end());
    });
  }

  void write_value(const json& value, pbf_writer& out) {
    if (++depth_ > limits::kEnvoyDepth) wrong("nested too deeply");
    if (value.is_null()) out.add_enum(1, 0);
    if (value.is_number()) out.add_double(2, value.get<double>());
    if (value.is_string()) out.add_string(3, text_of(value));
    if (value.is_boolean()) out.add_bool(4, value.get<bool>());
    if (value.is_object())
      nested(out, 5, [&](pbf_writer& fields) {
        for (const auto& [key, item] : value.items())
          nested(fields, 1, [&](pbf_writer& entry) {
            entry.add_string(1, text_of(key));
            nested(entry, 2, [&](pbf_writer& inner) { write_value(item, inner); });
          });
      });
    if (value.is_array())
      nested(out, 6, [&](pbf_writer& list) {
        for (const json& item : value)
          nested(list, 1, [&](pbf_writer& inner) { write_value(item, inner); });
      });
    --depth_;
  }

  /// A message within one, also an empty one, which protozero would leave away.
  template <class Fill>
  void nested(pbf_writer& out, protozero::pbf_tag_type tag, Fill&& fill) {
    size_t before = bytes_.size();
    {
      pbf_writer sub(out, tag);
      fill(sub);
    }
    if (bytes_.size() == before) out.add_message(tag, std::string());
  }

  /// Says where, if something is wrong there.
  template <class Where, class Do>
  static void at(const Where& where, Do&& act) try {
    act();
  } catch (Wrong& wrong) {
    std::string place;
    if constexpr (std::is_integral_v<Where>)
      place = fmt::format("[{}]", where);
    else
      place = where;
    if (!wrong.place.empty() && !wrong.place.starts_with('[')) place += '.';
    throw Wrong{place + wrong.place, std::move(wrong.what)};
  }

  const FindType& find_type_;
  std::string& bytes_;
  int depth_ = 0;
};

}  // namespace

Result<std::string> json_to_wire(const pb::Descriptor& type, const json& json,
                                 const FindType& find_type) try {
  std::string bytes;
  pbf_writer out(bytes);
  Writer(find_type, bytes).write_message(type, json, out);
  return bytes;
} catch (const Wrong& wrong) {
  return fail(Code::kInvalid, "{}{}{}", wrong.place, wrong.place.empty() ? "" : ": ", wrong.what);
}

}  // namespace clew::mesh::envoy_api
