#include "agent/edit/normalize.h"

#include <algorithm>
#include <optional>

#include "agent/edit/added_attributes.h"
#include "otlp/attribute_writer.h"
#include "otlp/reader.h"
#include "otlp/span.h"

namespace clew::agent {
namespace {

namespace f = otlp::fields;

std::optional<int64_t> plain_number(std::string_view text) {
  // 18 digits fit; a number that would not read back as it was written stays text.
  if (text.empty() || text.size() > 18 || (text[0] == '0' && text.size() > 1)) return std::nullopt;
  int64_t number = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

/// Takes a length-delimited field off the front, if it has that one-byte tag and a length of at
/// most two bytes: the usual form of nearly everything in a span. False changes nothing.
bool take_field(std::string_view& rest, f::Tag tag, std::string_view& content) {
  auto byte = [&](size_t at) { return size_t{static_cast<uint8_t>(rest[at])}; };
  if (rest.size() < 3 || byte(0) != (tag << 3 | 2)) return false;
  size_t size = byte(1), begin = 2;
  if (size >= 0x80) {
    if (byte(2) >= 0x80) return false;
    size = (size & 0x7F) | byte(2) << 7;
    begin = 3;
  }
  if (rest.size() - begin < size) return false;
  content = rest.substr(begin, size);
  rest.remove_prefix(begin + size);
  return true;
}

std::string_view key_in(std::string_view key_value) {
  std::string_view rest = key_value, key;
  return take_field(rest, f::key_value::kKey, key) ? key : otlp::Attribute::decode(key_value).key;
}

otlp::Value value_in(std::string_view key_value) {
  std::string_view rest = key_value, key, value, text;
  if (take_field(rest, f::key_value::kKey, key) && take_field(rest, f::key_value::kValue, value) &&
      rest.empty() && take_field(value, f::any_value::kString, text) && value.empty())
    return otlp::Value::of_string(text);
  return otlp::Attribute::decode(key_value).value;
}

struct Endpoint {
  std::string_view host;
  std::optional<int64_t> port;
};

/// Of `name`, `name:80`, `1.2.3.4:80`, `::1`, `[::1]:80`.
Endpoint endpoint_of(std::string_view text) {
  size_t colon = text.rfind(':');
  bool in_brackets = text.starts_with('[');
  bool has_port =
      colon != text.npos && (in_brackets ? text[colon - 1] == ']' : text.find(':') == colon);
  Endpoint endpoint{text.substr(0, has_port ? colon : text.npos), std::nullopt};
  if (has_port) endpoint.port = plain_number(text.substr(colon + 1));
  if (endpoint.port && (*endpoint.port == 0 || *endpoint.port > 65'535)) endpoint.port.reset();
  if (in_brackets && endpoint.host.ends_with(']'))
    endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
  return endpoint;
}

/// Whether it looks like one, which tells it from a path or a name of Envoy's.
bool is_ip(std::string_view host) {
  return host.find_first_not_of("0123456789abcdefABCDEF.:") == host.npos &&
         host.find_first_of(".:") != host.npos;
}

/// Status.code = ERROR.
constexpr std::string_view kErrorCode("\x18\x02", 2);
static_assert(f::status::kCode == 3 && static_cast<int>(otlp::StatusCode::kError) == 2);

/// What one walk over a span has found.
class EnvoySpan {
 public:
  EnvoySpan(std::string_view span, otlp::Patch& patch)
      : begin_(span.data()), end_(begin_ + span.size()), patch_(patch) {}

  void read() {
    const char* at = begin_;
    while (at < end_) at = read_field(at);
  }

  bool is_envoys() const { return text(Key::kComponent) == "proxy"; }

  void normalize() {
    edit_in_place();
    add_request();
    add_url();
    add_network();
    if (!added_.empty()) added_.append_to(patch_.insert(end_));
  }

 private:
  /// Where a field is in its span.
  struct Found {
    Key key;
    const char* length;        // what follows the field's tag
    std::string_view content;  // a KeyValue, or the Status
  };

  /// Returns where the next one begins; the end after damage.
  const char* read_field(const char* at) {
    std::string_view rest(at, static_cast<size_t>(end_ - at)), content;
    if (take_field(rest, f::span::kAttributes, content)) {
      note_attribute(at + 1, content);
      return rest.data();
    }
    try {
      protozero::pbf_reader reader(at, rest.size());
      reader.next();
      const char* length = reader.data().data();
      if (reader.tag() == f::span::kAttributes)
        note_attribute(length, otlp::view_of(reader));
      else if (reader.tag() == f::span::kStatus)
        note({Key::kSpanStatus, length, otlp::view_of(reader)});
      else
        reader.skip();
      return reader.data().data();
    } catch (const protozero::exception&) {
      return end_;  // as every view: what was read up to the damage stands
    }
  }

  void note_attribute(const char* length, std::string_view key_value) {
    Key key = key_of(key_in(key_value));
    if (key != Key::kNone) note({key, length, key_value});
  }

  void note(const Found& found) {
    if (has(found.key)) return;  // no key may stand twice in a span; if one does the first counts
    seen_ |= uint64_t{1} << index(found.key);
    at_[index(found.key)] = static_cast<uint8_t>(count_);
    found_[count_++] = found;
  }

  bool has(Key key) const { return (seen_ >> index(key) & 1) != 0; }
  const Found& found(Key key) const { return found_[at_[index(key)]]; }
  static otlp::Value value(const Found& at) { return value_in(at.content); }

  /// Empty if there is none, or it is no text.
  std::string_view text(Key key) const {
    if (!has(key)) return {};
    otlp::Value found_value = value(found(key));
    return found_value.type() == otlp::ValueType::kString ? found_value.as_bytes()
                                                          : std::string_view();
  }

  std::optional<int64_t> number(Key key) const {
    if (!has(key)) return std::nullopt;
    otlp::Value found_value = value(found(key));
    if (found_value.type() == otlp::ValueType::kInt) return found_value.as_int();
    if (found_value.type() == otlp::ValueType::kString) return plain_number(found_value.as_bytes());
    return std::nullopt;
  }

  /// What changes where it stands, front to back.
  void edit_in_place() {
    for (size_t i = 0; i < count_; ++i) {
      switch (found_[i].key) {
        case Key::kGrpcStatusCode:
        case Key::kRequestSize:
        case Key::kResponseSize:
        case Key::kRetryCount:
        case Key::kStatusCode:
          make_number(found_[i]);
          break;
        case Key::kSpanStatus:
          if (failed()) make_error(found_[i]);
          break;
        default:
          break;
      }
    }
    if (!has(Key::kSpanStatus) && failed())
      otlp::append_field(patch_.insert(end_), f::span::kStatus, kErrorCode);
  }

  void make_number(const Found& at) {
    otlp::Value old = value(at);
    if (old.type() != otlp::ValueType::kString) return;
    auto number = plain_number(old.as_bytes());
    if (!number) return;
    std::string_view from_length_on(
        at.length, static_cast<size_t>(at.content.data() + at.content.size() - at.length));
    otlp::append_key_value(patch_.replace(from_length_on), name_of(at.key),
                           otlp::Value::of_int(*number));
  }

  /// Sets the code of a Status that has none, and keeps its message.
  void make_error(const Found& status) {
    int32_t code = 0;
    otlp::for_each_field(status.content, [&](protozero::pbf_reader& reader) {
      if (reader.tag() == f::status::kCode)
        code = reader.get_enum();
      else
        reader.skip();
    });
    if (code != 0) return;
    otlp::Patch::Nested nested = patch_.open(status.length, status.content);
    patch_.insert(nested.end) += kErrorCode;
    patch_.close(nested);
  }

  bool failed() const {
    if (!has(Key::kError)) return false;
    otlp::Value error = value(found(Key::kError));
    return error.type() == otlp::ValueType::kBool ? error.as_bool() : error.as_bytes() == "true";
  }

  void add(Key key, std::string_view text) {
    if (!text.empty() && !has(key)) added_.add(key, text);
  }
  void add(Key key, std::optional<int64_t> number) {
    if (number && !has(key)) added_.add(key, *number);
  }

  void add_request() {
    add_method();
    if (!has(Key::kHttpResponseStatusCode)) {
      auto code = number(Key::kStatusCode);
      if (code && *code != 0) add(Key::kHttpResponseStatusCode, code);
    }
    for (auto [name, envoys] : {std::pair{Key::kHttpRequestBodySize, Key::kRequestSize},
                                {Key::kHttpResponseBodySize, Key::kResponseSize},
                                {Key::kHttpRequestResendCount, Key::kRetryCount}})
      if (!has(name)) add(name, number(envoys));
    if (!has(Key::kUserAgentOriginal)) add(Key::kUserAgentOriginal, text(Key::kUserAgent));
  }

  void add_method() {
    // RFC 9110 and 5789: what the conventions call known.
    static constexpr std::array<std::string_view, 9> kKnown = {
        "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE"};
    if (has(Key::kHttpRequestMethod)) return;
    std::string_view method = text(Key::kMethod);
    if (method.empty()) return;
    bool known = std::ranges::find(kKnown, method) != kKnown.end();
    add(Key::kHttpRequestMethod, known ? method : "_OTHER");
    if (!known) add(Key::kHttpRequestMethodOriginal, method);
  }

  void add_url() {
    if (has(Key::kUrlFull) && has(Key::kUrlScheme) && has(Key::kServerAddress)) return;
    std::string_view url = text(Key::kUrl);
    add(Key::kUrlFull, url);
    size_t scheme = url.find("://");
    if (scheme == url.npos || scheme == 0) return;
    add(Key::kUrlScheme, url.substr(0, scheme));
    std::string_view rest = url.substr(scheme + 3);
    size_t authority = std::min(rest.find_first_of("/?#"), rest.size());
    add_address(Key::kServerAddress, Key::kServerPort, endpoint_of(rest.substr(0, authority)));
    rest.remove_prefix(authority);
    rest = rest.substr(0, rest.find('#'));
    size_t query = rest.find('?');
    add(Key::kUrlPath, rest.substr(0, query));
    if (query != rest.npos) add(Key::kUrlQuery, rest.substr(query + 1));
  }

  void add_network() {
    if (!has(Key::kNetworkProtocolName) || !has(Key::kNetworkProtocolVersion)) {
      std::string_view protocol = text(Key::kProtocol);
      if (protocol.starts_with("HTTP/")) {
        add(Key::kNetworkProtocolName, "http");
        add(Key::kNetworkProtocolVersion, protocol.substr(5));
      }
    }
    if (has(Key::kNetworkPeerAddress)) return;
    // Envoy has other peers: pipes, and listeners inside it.
    if (Endpoint peer = endpoint_of(text(Key::kPeerAddress)); is_ip(peer.host))
      add_address(Key::kNetworkPeerAddress, Key::kNetworkPeerPort, peer);
  }

  void add_address(Key host_key, Key port_key, const Endpoint& endpoint) {
    add(host_key, endpoint.host);
    add(port_key, endpoint.port);
  }

  std::array<Found, index(Key::kNone)> found_;  // in their order in the span
  std::array<uint8_t, index(Key::kNone)> at_;   // index into found_, for those seen
  size_t count_ = 0;
  uint64_t seen_ = 0;  // bits by Key
  const char* begin_;  // of the span
  const char* end_;
  otlp::Patch& patch_;
  AddedAttributes added_;
};

}  // namespace

void normalize_envoy_span(std::string_view span, otlp::Patch& patch) {
  EnvoySpan envoy(span, patch);
  envoy.read();
  if (envoy.is_envoys()) envoy.normalize();
}

}  // namespace clew::agent
