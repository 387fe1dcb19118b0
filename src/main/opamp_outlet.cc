#include "main/opamp_outlet.h"

#include <string>
#include <utility>

#include "base/log.h"
#include "main/peer.h"
#include "net/encoding.h"
#include "net/status.h"

namespace clew {
namespace {

constexpr char kProtobuf[] = "application/x-protobuf";

using Answered = std::move_only_function<void(Result<std::string>)>;

Result<std::string> body_of(Result<net::HttpReply> reply) {
  if (!reply) return std::unexpected(std::move(reply.error()));
  if (reply->status / 100 == 2) return std::move(reply->body);
  // The reason is in the body, in OpAMP's own form.
  auto said = opamp::read_answer(reply->body);
  if (reply->header("content-type").starts_with(kProtobuf) && said && said->refused)
    return std::move(reply->body);
  return std::unexpected(net::error_of_http(reply->status, reply->header("content-type"),
                                            reply->body, reply->retry_after));
}

/// Sends through `client`, which is asked for nothing any more once the reporter has gone.
opamp::Send send_through(net::HttpClient& client,
                         const std::shared_ptr<net::Authorization>& authorization,
                         const ExporterConfig& server) {
  // Weak, as in send_authorized(): the last to let go of this may be a thread of the authorization.
  return
      [&client, weak = std::weak_ptr(authorization), server](std::string message, Answered done) {
        std::string encoding = server.compression == "none" ? "" : server.compression;
        auto body = net::encode_content(encoding, SharedBytes::take(std::move(message)));
        if (!body) return done(std::unexpected(std::move(body.error())));
        net::HttpCall call{.url = opamp_url(server.endpoint),
                           .headers = server.headers,
                           .body = *std::move(body),
                           .timeout = server.timeout};
        call.headers.emplace_back("Content-Type", kProtobuf);
        if (!encoding.empty()) call.headers.emplace_back("Content-Encoding", encoding);
        auto answer = std::make_shared<std::string>();
        auto judged = [answer, done = std::move(done)](Result<void> result) mutable {
          if (!result) return done(std::unexpected(std::move(result.error())));
          done(std::move(*answer));
        };
        send_authorized(weak.lock(), std::move(judged),
                        [&client, answer, call = std::move(call)](const net::HttpFields& let_in,
                                                                  Peer::Done done) mutable {
                          call.headers.insert(call.headers.end(), let_in.begin(), let_in.end());
                          client.send(std::move(call), [answer, done = std::move(done)](
                                                           Result<net::HttpReply> reply) mutable {
                            auto body = body_of(std::move(reply));
                            if (!body) return done(std::unexpected(std::move(body.error())));
                            *answer = *std::move(body);
                            done({});
                          });
                        });
      };
}

}  // namespace

Result<void> OpampOutlets::start(const AgentConfig& config,
                                 const std::function<opamp::ComponentHealth()>& health) {
  for (const auto& [name, opamp] : config.opamp) {
    if (opamp.server.endpoint.empty()) continue;
    Outlet outlet;
    auto client = net::HttpClient::create({.tls = opamp.server.tls, .max_connections = 1});
    if (!client)
      return fail(client.error().code, "extensions.{}: {}", name, client.error().message);
    auto authorization = make_authorization(opamp.server.auth);
    if (!authorization)
      return fail(authorization.error().code, "extensions.{}: {}", name,
                  authorization.error().message);
    outlet.client = *std::move(client);
    outlet.authorization = *std::move(authorization);
    opamp::InstanceUid uid =
        opamp.instance_uid.value_or(opamp::new_instance_uid(Clock::system().now()));
    outlet.reporter = std::make_unique<opamp::Reporter>(
        name,
        opamp::SessionOptions{.uid = uid,
                              .description = describe_agent(config, opamp, uid),
                              .polling_interval = opamp.polling_interval},
        health, send_through(*outlet.client, outlet.authorization, opamp.server));
    outlets_.push_back(std::move(outlet));
    log::info("{} reports the agent's health to {}", name, opamp_url(opamp.server.endpoint));
  }
  return {};
}

void OpampOutlets::stop(std::chrono::steady_clock::time_point deadline) {
  for (Outlet& outlet : outlets_) outlet.reporter->stop(deadline);
}

}  // namespace clew
