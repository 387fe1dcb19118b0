// The only program of a microVM of the demo: as process 1 of the guest it brings the machine up,
// and then it is a service of the shop that calls nobody, as shop/service.py is one on the host.
//
// Its settings are environment variables; the kernel makes them of the words `name=value` on its
// command line that it does not know itself:
//   shop_service, shop_core, shop_id   what it calls itself in its answers
//   shop_port                          where it listens
//   shop_endpoints                     METHOD:PATH:WORK_MS, separated by commas; PATH may have {…}
//   guest_address, guest_netmask       of eth0, as process 1 only
// Started on a host, where it is not process 1, it leaves the machine alone.
//
// GET /healthz answers 200. PUT /faults?errors=SHARE&slow_ms=MS switches the demo's faults on, and
// those it does not name off.

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using std::string_view_literals::operator""sv;

constexpr size_t kHeadBytes = 64 << 10;  // as much as an Envoy sends
constexpr size_t kBodyBytes = 1 << 20;
constexpr int kConnections = 128;  // a thread each
constexpr int kIdleSeconds = 120;  // longer than the sidecar keeps an idle connection
constexpr double kMostDelayMs = 10'000;

/// In the order in which they need each other.
constexpr const char* kModules[] = {"virtio_ring", "virtio",       "virtio_mmio",
                                    "failover",    "net_failover", "virtio_net"};

struct Endpoint {
  std::string method, path;
  double work_ms;
};

/// Prints what failed and why, and ends: as process 1 that is a panic, which ends the machine.
[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) {
    std::fprintf(stderr, "guest: %s is not set\n", name);
    std::exit(1);
  }
  return value;
}

// The machine -----------------------------------------------------------------------------------

void load_modules() {
  for (const char* name : kModules) {
    std::string path = "/modules/" + std::string(name) + ".ko";
    int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0 || syscall(SYS_finit_module, file, "", 0) != 0) fail(path.c_str());
    close(file);
  }
}

in_addr address_of(const std::string& text) {
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) fail(text.c_str());
  return address;
}

void bring_up_network() {
  int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "eth0");
  auto set = [&](unsigned long what, const char* value) {
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = address_of(setting(value))};
    std::memcpy(&request.ifr_addr, &address, sizeof address);
    if (ioctl(control, what, &request) != 0) fail(value);
  };
  set(SIOCSIFADDR, "guest_address");
  set(SIOCSIFNETMASK, "guest_netmask");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(control, SIOCSIFFLAGS, &request) != 0) fail("eth0");
  close(control);
}

// What is asked and answered --------------------------------------------------------------------

/// Cuts off `rest` what stands before `separator`, and the separator.
std::string_view next(std::string_view& rest, std::string_view separator) {
  size_t end = rest.find(separator);
  std::string_view found = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + separator.size());
  return found;
}

std::vector<Endpoint> parse_endpoints(std::string_view text) {
  std::vector<Endpoint> endpoints;
  while (!text.empty()) {
    std::string_view one = next(text, ",");
    std::string method(next(one, ":")), path(next(one, ":"));
    endpoints.push_back({method, path, std::strtod(std::string(one).c_str(), nullptr)});
  }
  return endpoints;
}

/// Whether a path fits one of an endpoint, part by part; {…} fits any part that is not empty.
bool fits(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty()) {
    std::string_view wanted = next(pattern, "/"), part = next(path, "/");
    bool any = wanted.starts_with('{') && !part.empty();
    if (!any && wanted != part) return false;
  }
  return pattern.empty() && path.empty();
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return result += '"';
}

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

/// The value of a header in the lines of a request's head, if it is there.
std::optional<std::string_view> header(std::string_view head, std::string_view name) {
  next(head, "\r\n"sv);
  while (!head.empty()) {
    std::string_view value = next(head, "\r\n"), found = next(value, ":");
    if (!same_word(found, name)) continue;
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    return value.substr(0, value.find_last_not_of(" \t") + 1);
  }
  return std::nullopt;
}

/// The number that a query gives a name, or `otherwise`.
double number_in(std::string_view query, std::string_view name, double otherwise) {
  while (!query.empty()) {
    std::string_view value = next(query, "&"), found = next(value, "=");
    if (found == name) return std::strtod(std::string(value).c_str(), nullptr);
  }
  return otherwise;
}

/// An even throw of dice from 0 to 1.
double random_share() {
  thread_local std::minstd_rand dice(std::chrono::steady_clock::now().time_since_epoch().count());
  return std::uniform_real_distribution<double>()(dice);
}

struct Answer {
  const char* status;
  std::string body;
};

class Shop {
 public:
  Shop()
      : service_(setting("shop_service")),
        core_(setting("shop_core")),
        id_(setting("shop_id")),
        endpoints_(parse_endpoints(setting("shop_endpoints"))) {}

  /// Works as long as the endpoint takes, and pictures what was asked as the other services do.
  Answer answer(std::string_view method, std::string_view query) {
    std::string_view path = next(query, "?");
    if (path == "/healthz") return {"200 OK", "{}\n"};
    if (path == "/faults" && method == "PUT") {
      errors_ = number_in(query, "errors", 0);
      slow_ms_ = number_in(query, "slow_ms", 0);
      return {"200 OK", "{}\n"};
    }
    for (const Endpoint& endpoint : endpoints_) {
      if (endpoint.method != method || !fits(endpoint.path, path)) continue;
      double typical_ms = slow_ms_ > 0 ? slow_ms_.load() : endpoint.work_ms;
      std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(
          std::min(typical_ms, kMostDelayMs) * (0.5 + random_share())));
      if (random_share() < errors_)
        return {"500 Internal Server Error",
                picture("\"error\":" +
                        quoted(service_ + " in " + core_ + " is broken (a fault of the demo)"))};
      std::string request = std::string(method) + " " + std::string(path);
      return {"200 OK", picture("\"request\":" + quoted(request) + ",\"calls\":[]")};
    }
    return {"404 Not Found", picture("\"error\":\"no such page\"")};
  }

 private:
  std::string picture(const std::string& rest) const {
    return "{\"service\":" + quoted(service_) + ",\"core_location\":" + quoted(core_) +
           ",\"microvm\":" + quoted(id_) + "," + rest + "}\n";
  }

  const std::string service_, core_, id_;
  const std::vector<Endpoint> endpoints_;
  std::atomic<double> errors_ = 0, slow_ms_ = 0;
};

// HTTP/1.1 --------------------------------------------------------------------------------------

/// A connection of the sidecar: requests are answered one after the other until either side ends.
class Connection {
 public:
  Connection(int socket, Shop& shop) : socket_(socket), shop_(shop) {}
  Connection(const Connection&) = delete;
  ~Connection() { close(socket_); }

  void serve() {
    while (serve_one()) {
    }
  }

 private:
  /// False when the connection must end.
  bool serve_one() {
    size_t end;
    while ((end = bytes_.find("\r\n\r\n")) == bytes_.npos)
      if (bytes_.size() > kHeadBytes || !receive()) return false;
    std::string head = bytes_.substr(0, end);
    bytes_.erase(0, end + 4);

    std::string_view line = head, rest = next(line, "\r\n");
    std::string_view method = next(rest, " "), target = next(rest, " ");
    if (rest != "HTTP/1.1" || !target.starts_with('/')) return refuse("400 Bad Request");
    if (header(head, "transfer-encoding")) return refuse("411 Length Required");
    size_t length = 0;
    if (auto text = header(head, "content-length")) {
      auto [stop, error] = std::from_chars(text->data(), text->data() + text->size(), length);
      if (error != std::errc() || stop != text->data() + text->size())
        return refuse("400 Bad Request");
    }
    if (length > kBodyBytes) return refuse("413 Content Too Large");
    while (bytes_.size() < length)
      if (!receive()) return false;
    bytes_.erase(0, length);  // no endpoint looks at its body

    bool last = same_word(header(head, "connection").value_or(""), "close");
    return send(shop_.answer(method, target), last) && !last;
  }

  bool refuse(const char* status) {
    send({status, ""}, true);
    return false;
  }

  bool receive() {
    char some[16 << 10];
    ssize_t count = recv(socket_, some, sizeof some, 0);
    if (count > 0) bytes_.append(some, count);
    return count > 0;
  }

  bool send(const Answer& answer, bool last) {
    std::string text = "HTTP/1.1 " + std::string(answer.status) +
                       "\r\ncontent-type: application/json\r\ncontent-length: " +
                       std::to_string(answer.body.size()) +
                       (last ? "\r\nconnection: close\r\n\r\n" : "\r\n\r\n") + answer.body;
    for (std::string_view rest = text; !rest.empty();) {
      ssize_t count = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      rest.remove_prefix(count);
    }
    return true;
  }

  const int socket_;
  Shop& shop_;
  std::string bytes_;  // received, not read yet
};

/// Serves for ever. On a host it listens on loopback only.
[[noreturn]] void serve(Shop& shop, bool in_guest) {
  int port = std::atoi(setting("shop_port").c_str());
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(static_cast<uint16_t>(port))};
  address.sin_addr.s_addr = htonl(in_guest ? INADDR_ANY : INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, kConnections) != 0)
    fail("listen");
  static std::atomic<int> open_connections = 0;
  for (;;) {
    int socket = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    timeval idle{.tv_sec = kIdleSeconds, .tv_usec = 0};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof idle);
    if (open_connections >= kConnections) {
      close(socket);
      continue;
    }
    ++open_connections;
    std::thread([socket, &shop] {
      Connection(socket, shop).serve();
      --open_connections;
    }).detach();
  }
}

}  // namespace

int main() {
  bool in_guest = getpid() == 1;
  if (in_guest) {
    load_modules();
    bring_up_network();
  }
  Shop shop;
  serve(shop, in_guest);
}
