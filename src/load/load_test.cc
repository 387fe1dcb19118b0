#include "load/load.h"

#include <gtest/gtest.h>

#include <thread>

#include "net/http_server.h"

namespace clew::load {
namespace {

/// Runs a load to its end.
Report run(Options options) {
  auto load = Load::create(std::move(options));
  EXPECT_TRUE(load) << load.error().message;
  (*load)->begin();
  while (!(*load)->done()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  return (*load)->report();
}

/// A port that nothing listens on now.
uint16_t free_port() {
  auto server = net::HttpServer::start({.address = {"127.0.0.1", 0}}, {});
  return (*server)->port();
}

Options options_for(uint16_t port, Protocol protocol) {
  return {.sender = {.target = fmt::format("127.0.0.1:{}", port), .protocol = protocol},
          .spans = 5000,
          .spans_per_request = 100,
          .connections = 2};
}

/// A load whose target is its own receiver, as if an agent between them let everything through.
Options loop(Protocol protocol, std::string compression = "") {
  Options options = options_for(free_port(), protocol);
  options.sender.compression = std::move(compression);
  std::string scheme = protocol == Protocol::kGrpc ? "grpc://" : "http://";
  options.receive = {ReceiveAddress::parse(scheme + options.sender.target).value()};
  options.settle = std::chrono::milliseconds(100);
  return options;
}

void expect_all_arrived(const Report& report) {
  EXPECT_EQ(report.tally.accepted, 5000u);
  EXPECT_EQ(report.tally.refused, 0u);
  EXPECT_EQ(report.arrivals.arrived, 5000u);
  EXPECT_EQ(report.arrivals.missing, 0u);
  EXPECT_EQ(report.arrivals.twice, 0u);
  EXPECT_EQ(report.arrivals.unknown, 0u);
  EXPECT_EQ(report.malformed, 0u);
  EXPECT_EQ(report.tally.problem, "");
}

TEST(Load, EverySpanSentOverHttpArrives) {
  expect_all_arrived(run(loop(Protocol::kHttp)));
}

TEST(Load, EverySpanSentOverGrpcArrives) {
  expect_all_arrived(run(loop(Protocol::kGrpc)));
}

TEST(Load, OneSeedIsOneSetOfTraces) {
  auto traces = [](uint64_t seed) {
    Options options = loop(Protocol::kHttp);
    options.seed = seed;
    options.sampled_traces = 5000;
    return run(options).tally.traces.text();
  };
  EXPECT_EQ(traces(1), traces(1));
  EXPECT_NE(traces(1), traces(2));
}

TEST(Load, CompressesWhatItSends) {
  expect_all_arrived(run(loop(Protocol::kHttp, "gzip")));
  expect_all_arrived(run(loop(Protocol::kHttp, "zstd")));
  expect_all_arrived(run(loop(Protocol::kGrpc, "gzip")));
}

/// An HTTP target that answers with `status`, and passes every `kept`th request on `copies` times.
class Target {
 public:
  Target(int status, int kept, int copies) {
    net::HttpRoutes routes;
    routes.add("POST", "/v1/traces", [=, this](net::HttpRequest request, net::HttpResponder to) {
      if (kept > 0 && requests_++ % kept == 0)
        for (int i = 0; i < copies; ++i) pass_on(request.body);
      to.send({.status = status, .content_type = "application/x-protobuf"});
    });
    server_ = net::HttpServer::start({.address = {"127.0.0.1", 0}}, std::move(routes)).value();
  }

  uint16_t port() const { return server_->port(); }
  std::string next;  // "host:port" of OTLP/HTTP

 private:
  void pass_on(const SharedBytes& body) {
    auto sender = Sender::create({.target = next}).value();
    EXPECT_EQ(sender->send(std::string(body.view()), 1).problem, "");
  }

  std::atomic<int> requests_ = 0;
  std::unique_ptr<net::HttpServer> server_;
};

Options through(Target& target) {
  Options options = options_for(target.port(), Protocol::kHttp);
  target.next = fmt::format("127.0.0.1:{}", free_port());
  options.receive = {ReceiveAddress::parse("http://" + target.next).value()};
  options.settle = std::chrono::milliseconds(100);
  return options;
}

TEST(Load, MissesWhatTheTargetDrops) {
  Target half(200, 2, 1);
  Report report = run(through(half));
  EXPECT_EQ(report.tally.accepted, 5000u);
  EXPECT_EQ(report.arrivals.arrived, 2500u);
  EXPECT_EQ(report.arrivals.missing, 2500u);
}

TEST(Load, SeesWhatTheTargetDoubles) {
  Target doubling(200, 1, 2);
  Report report = run(through(doubling));
  EXPECT_EQ(report.arrivals.arrived, 5000u);
  EXPECT_EQ(report.arrivals.twice, 5000u);
}

TEST(Load, DoesNotMissWhatTheTargetRefuses) {
  Target refusing(503, 0, 0);
  Report report = run(through(refusing));
  EXPECT_EQ(report.tally.refused, 5000u);
  EXPECT_EQ(report.arrivals.missing, 0u);
  EXPECT_NE(report.tally.problem.find("503"), std::string::npos) << report.tally.problem;
}

TEST(Load, TakesEveryWayInTurns) {
  Options options = loop(Protocol::kHttp);
  uint16_t other = free_port();
  options.also = {{.target = fmt::format("127.0.0.1:{}", other), .protocol = Protocol::kGrpc}};
  options.receive.push_back(ReceiveAddress::parse(options.also[0].target).value());
  expect_all_arrived(run(options));
  options.also[0].target = "127.0.0.1:1";  // nobody is there; a free port may be the one above
  options.settle = std::chrono::milliseconds(10);
  EXPECT_EQ(run(options).tally.accepted, 2500u);
}

/// A target that holds what it takes and passes it on once its peer is there.
TEST(Load, ReceivesLateWhatWasHeldBack) {
  std::mutex mutex;
  std::vector<SharedBytes> held;
  net::HttpRoutes routes;
  routes.add("POST", "/v1/traces", [&](net::HttpRequest request, net::HttpResponder to) {
    std::lock_guard lock(mutex);
    held.push_back(request.body);
    to.send({.status = 200, .content_type = "application/x-protobuf"});
  });
  auto target = net::HttpServer::start({.address = {"127.0.0.1", 0}}, std::move(routes)).value();
  Options options = options_for(target->port(), Protocol::kHttp);
  auto peer = fmt::format("127.0.0.1:{}", free_port());
  options.receive = {ReceiveAddress::parse("http://" + peer).value()};
  options.receive_late = true;
  options.settle = std::chrono::seconds(1);
  auto load = Load::create(options).value();
  load->begin();
  auto sender = Sender::create({.target = peer}).value();
  EXPECT_NE(sender->send("", 0).problem, "");  // nobody listens yet
  while (load->progress().answered < 5000) std::this_thread::yield();
  while (!sender->send("", 0).problem.empty()) std::this_thread::yield();
  for (const SharedBytes& body : held)
    EXPECT_EQ(sender->send(std::string(body.view()), 1).problem, "");
  while (!load->done()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  expect_all_arrived(load->report());
}

TEST(Load, SaysWhyItCouldNotListenLate) {
  Options options = loop(Protocol::kHttp);
  Target busy(503, 0, 0);
  options.receive = {
      ReceiveAddress::parse(fmt::format("http://127.0.0.1:{}", busy.port())).value()};
  options.receive_late = true;
  options.stop_at_refusal = true;
  EXPECT_NE(run(options).receive_problem, "");
}

TEST(Load, SaysWhyNothingWasAcceptedWhenNobodyListens) {
  Options options = options_for(free_port(), Protocol::kHttp);
  options.stop_at_refusal = true;
  Report report = run(options);
  EXPECT_EQ(report.tally.accepted, 0u);
  EXPECT_LT(report.tally.refused, 5000u);
  EXPECT_NE(report.tally.problem, "");
}

TEST(Load, RefusesWhatAProtocolCannotDo) {
  EXPECT_FALSE(Load::create(
      {.sender = {
           .target = "127.0.0.1:1", .protocol = Protocol::kJaegerUdp, .compression = "gzip"}}));
  EXPECT_FALSE(Load::create(
      {.sender = {.target = "127.0.0.1:1", .protocol = Protocol::kGrpc, .compression = "zstd"}}));
  EXPECT_FALSE(Load::create({.sender = {.target = "127.0.0.1:1", .compression = "brotli"}}));
  EXPECT_FALSE(Load::create({.sender = {.target = "127.0.0.1:1"},
                             .spans = uint64_t{1} << 60,
                             .receive = {{.address = {"127.0.0.1", 0}}}}));
}

TEST(Receiver, OnlyCountsWhenNobodyLooks) {
  uint16_t port = free_port();
  auto address = ReceiveAddress::parse(fmt::format("http://127.0.0.1:{}", port)).value();
  auto receiver = Receiver::start({address}, nullptr).value();
  run(options_for(port, Protocol::kHttp));
  EXPECT_EQ(receiver->counts().spans, 5000u);
  EXPECT_EQ(receiver->counts().requests, 50u);
}

TEST(Receiver, AnswersWhatIsNoOtlp) {
  uint16_t port = free_port();
  auto address = ReceiveAddress::parse(fmt::format("http://127.0.0.1:{}", port)).value();
  auto receiver = Receiver::start({address}, [](const otlp::Batch&) {}).value();
  auto sender = Sender::create({.target = fmt::format("127.0.0.1:{}", port)}).value();
  EXPECT_EQ(sender->send("no protobuf at all", 1).accepted, 0u);
  EXPECT_EQ(receiver->counts().malformed, 1u);
}

TEST(ReceiveAddress, IsGrpcUnlessItSaysHttp) {
  using enum ReceiveAddress::Transport;
  EXPECT_EQ(ReceiveAddress::parse("127.0.0.1:1")->transport, kGrpc);
  EXPECT_EQ(ReceiveAddress::parse("grpc://127.0.0.1:1")->transport, kGrpc);
  EXPECT_EQ(ReceiveAddress::parse("http://127.0.0.1:1")->transport, kHttp);
  EXPECT_FALSE(ReceiveAddress::parse("http://127.0.0.1"));
}

}  // namespace
}  // namespace clew::load
