#include "net/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <future>

#include "net/grpc_client.h"
#include "net/grpc_server.h"
#include "net/http_server.h"
#include "net/internal/testing.h"

namespace clew::net {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::TestCertificates;

const TestCertificates& certificates() {
  static const TestCertificates instance;
  return instance;
}

/// What a minimal HTTPS client gets for `request`; empty if the handshake or the reading fails.
std::string https(uint16_t port, const TlsFiles& files, const std::string& request) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_load_verify_locations(context, files.ca_file.c_str(), nullptr);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (!files.cert_file.empty()) {
    SSL_CTX_use_certificate_chain_file(context, files.cert_file.c_str());
    SSL_CTX_use_PrivateKey_file(context, files.key_file.c_str(), SSL_FILETYPE_PEM);
  }
  BIO* bio = BIO_new_ssl_connect(context);
  BIO_set_conn_hostname(bio, fmt::format("127.0.0.1:{}", port).c_str());
  std::string answer;
  if (BIO_write(bio, request.data(), static_cast<int>(request.size())) > 0) {
    char piece[4096];
    for (int count; (count = BIO_read(bio, piece, sizeof(piece))) > 0;) {
      answer.append(piece, static_cast<size_t>(count));
    }
  }
  BIO_free_all(bio);
  SSL_CTX_free(context);
  return answer;
}

std::unique_ptr<HttpServer> http_server(TlsFiles files) {
  HttpRoutes routes;
  routes.add("POST", "/echo", [](HttpRequest request, HttpResponder responder) {
    responder.send(HttpResponse::text(200, std::string(request.body.view())));
  });
  HttpServerOptions options;
  options.address = {"127.0.0.1", 0};
  options.tls = std::move(files);
  return HttpServer::start(options, routes).value();
}

std::string echo_request(const std::string& body) {
  return fmt::format(
      "POST /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}",
      body.size(), body);
}

TEST(Tls, CarriesHttp) {
  auto server = http_server(certificates().server());
  std::string body(300'000, 'x');
  std::string answer = https(server->port(), certificates().client(), echo_request(body));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(answer.substr(answer.size() - body.size()), body);
}

TEST(Tls, OfHttpServersChecksClients) {
  auto server = http_server(certificates().server(/*ask_clients=*/true));
  EXPECT_EQ(https(server->port(), certificates().client(), echo_request("x")), "");
  EXPECT_THAT(https(server->port(), certificates().client(true), echo_request("x")),
              StartsWith("HTTP/1.1 200"));
}

TEST(Tls, OfHttpServersSurvivesPlainText) {
  auto server = http_server(certificates().server());
  testing::RawClient plain(server->port());
  EXPECT_EQ(plain.ask("GET / HTTP/1.1\r\nHost: t\r\n\r\n").status, 0);
  EXPECT_THAT(https(server->port(), certificates().client(), echo_request("x")),
              StartsWith("HTTP/1.1 200"));
}

std::unique_ptr<GrpcServer> grpc_server(TlsFiles files) {
  GrpcMethods methods;
  methods.unary("/clew.Test/Echo", [](GrpcRequest request, GrpcResponder responder) {
    responder.send(std::string(request.body.view()));
  });
  GrpcServerOptions options;
  options.address = {"127.0.0.1", 0};
  options.tls = std::move(files);
  return GrpcServer::start(options, methods).value();
}

Result<std::string> grpc_call(uint16_t port, std::optional<TlsFiles> files) {
  GrpcClientOptions options;
  options.target = fmt::format("127.0.0.1:{}", port);
  if (files) options.tls = ClientTls{.files = *std::move(files)};
  auto client = GrpcClient::create(options).value();
  std::promise<Result<std::string>> promise;
  client->call("/clew.Test/Echo", SharedBytes::copy("spans"), 5s,
               [&](Result<std::string> answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
}

TEST(Tls, CarriesGrpc) {
  auto server = grpc_server(certificates().server());
  EXPECT_EQ(grpc_call(server->port(), certificates().client()), "spans");
  EXPECT_FALSE(grpc_call(server->port(), std::nullopt));
  EXPECT_FALSE(grpc_call(server->port(), TlsFiles{}));  // the system does not know our authority
}

TEST(Tls, OfGrpcServersChecksClients) {
  auto server = grpc_server(certificates().server(/*ask_clients=*/true));
  EXPECT_FALSE(grpc_call(server->port(), certificates().client()));
  EXPECT_EQ(grpc_call(server->port(), certificates().client(true)), "spans");
}

TEST(Tls, NamesTheFileThatIsWrong) {
  TlsFiles good = certificates().server();
  std::string garbage = certificates().file("garbage", "not PEM");
  auto error = [](TlsFiles files) { return load_tls(files).error().message; };
  EXPECT_TRUE(load_tls(good));
  EXPECT_TRUE(load_tls({}));
  EXPECT_EQ(error({"/no/such.crt", good.key_file, ""}),
            "cannot read /no/such.crt: No such file or directory");
  EXPECT_EQ(error({"/tmp", good.key_file, ""}), "cannot read /tmp: Is a directory");
  EXPECT_THAT(error({garbage, good.key_file, ""}),
              EndsWith("garbage: holds no certificate in PEM form"));
  EXPECT_THAT(error({good.cert_file, garbage, ""}), HasSubstr("garbage: holds no private key"));
  EXPECT_THAT(error({good.cert_file, certificates().client(true).key_file, ""}),
              HasSubstr("client.key: is not the private key of the certificate in "));
  EXPECT_THAT(error({good.cert_file, "", ""}),
              HasSubstr("server.crt is given without its key file"));
  EXPECT_THAT(error({"", good.key_file, ""}),
              HasSubstr("server.key is given without its certificate"));
  EXPECT_THAT(error({good.cert_file, good.key_file, garbage}),
              HasSubstr("garbage: holds no certificate"));
}

TEST(Tls, OfServersNeedsACertificate) {
  HttpServerOptions http;
  http.address = {"127.0.0.1", 0};
  http.tls = TlsFiles{};
  EXPECT_THAT(HttpServer::start(http, {}).error().message, HasSubstr("needs a certificate"));
  GrpcServerOptions grpc;
  grpc.address = {"127.0.0.1", 0};
  grpc.tls = TlsFiles{};
  EXPECT_THAT(GrpcServer::start(grpc, {}).error().message, HasSubstr("needs a certificate"));
}

}  // namespace
}  // namespace clew::net
