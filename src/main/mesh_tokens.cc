// `clew mesh token`, `proxy-token`, `zone-token`, `debug-token`: what lets people, proxies, control
// planes and single requests in.
#include <fmt/format.h>

#include <string>

#include "main/mesh_command.h"

namespace clew {
namespace {

using Json = nlohmann::json;

/// Tokens of somebody, which can be taken back.
class RevocableToken : public MeshCommands::Command {
 public:
  Result<void> run(const MeshClient& mesh) override {
    if (revoke_) {
      auto answer = mesh.call("DELETE", path());
      if (!answer) return std::unexpected(answer.error());
      fmt::print("{} has no token any more\n", whose());
      return {};
    }
    Json body = what();
    body["validFor"] = valid_for_;
    auto answer = mesh.call("POST", collection(), body.dump());
    if (!answer) return std::unexpected(answer.error());
    fmt::print("{}\n", answer->value("token", ""));
    return {};
  }

 protected:
  RevocableToken(CLI::App& mesh, const char* name, const char* help, const char* valid_for)
      : Command(mesh, name, help), valid_for_(valid_for) {
    app_->add_option("--valid-for", valid_for_, "0: for ever")
        ->type_name("DURATION")
        ->capture_default_str();
    app_->add_flag("--revoke", revoke_, "Take all of them back");
  }

  /// Of the REST API: where tokens are made, and where somebody's are.
  virtual std::string collection() const = 0;
  virtual std::string path() const = 0;
  virtual Json what() const = 0;  // the body, but for how long it is good
  virtual std::string whose() const = 0;

 private:
  std::string valid_for_;
  bool revoke_ = false;
};

class Token final : public RevocableToken {
 public:
  explicit Token(CLI::App& mesh)
      : RevocableToken(mesh, "token", "Give or take back an operator's token", "720h") {
    app_->add_option("NAME", name_, "Who it is for")->required();
    app_->add_option("--role", role_, "reader, operator or admin")->capture_default_str();
  }

 private:
  std::string collection() const override { return "/operator-tokens"; }
  std::string path() const override { return collection() + "/" + query_encoded(name_); }
  Json what() const override { return {{"name", name_}, {"role", role_}}; }
  std::string whose() const override { return name_; }

  std::string name_, role_ = "operator";
};

class ProxyToken final : public RevocableToken {
 public:
  explicit ProxyToken(CLI::App& mesh)
      : RevocableToken(mesh, "proxy-token", "Give a proxy a token, or take all of its tokens back",
                       "24h") {
    app_->add_option("NAME", name_, "Of its Dataplane")->required();
    app_->add_option("--mesh", mesh_, "It is of")->capture_default_str();
  }

 private:
  std::string collection() const override { return "/tokens/dataplane"; }
  std::string path() const override {
    return fmt::format("{}/{}/{}", collection(), mesh_, query_encoded(name_));
  }
  Json what() const override { return {{"name", name_}, {"mesh", mesh_}}; }
  std::string whose() const override { return mesh_ + "." + name_; }

  std::string name_, mesh_ = "default";
};

class ZoneToken final : public RevocableToken {
 public:
  explicit ZoneToken(CLI::App& mesh)
      : RevocableToken(mesh, "zone-token",
                       "Give a zone's control planes a token, or take all of the zone's back",
                       "8760h") {
    app_->add_option("ZONE", zone_, "Its name")->required();
  }

 private:
  std::string collection() const override { return "/tokens/zone"; }
  std::string path() const override { return collection() + "/" + query_encoded(zone_); }
  Json what() const override { return {{"zone", zone_}}; }
  std::string whose() const override { return zone_; }

  std::string zone_;
};

class DebugToken final : public MeshCommands::Command {
 public:
  explicit DebugToken(CLI::App& mesh)
      : Command(mesh, "debug-token",
                "Make a token with which every request to a host is traced (header x-clew-debug)") {
    app_->add_option("HOST", host_, "As a MeshHTTPRoute names it")->required();
    app_->add_option("--for", valid_for_, "How long it is good, 24h at most")
        ->type_name("DURATION")
        ->capture_default_str();
    app_->add_option("--mesh", mesh_, "The host is of")->capture_default_str();
  }

  Result<void> run(const MeshClient& mesh) override {
    Json body = {{"host", host_}, {"validFor", valid_for_}};
    auto answer = mesh.call("POST", fmt::format("/meshes/{}/debug-tokens", query_encoded(mesh_)),
                            body.dump());
    if (!answer) return std::unexpected(answer.error());
    fmt::print("{}\n", answer->value("token", ""));
    return {};
  }

 private:
  std::string host_, mesh_ = "default", valid_for_ = "15m";
};

}  // namespace

std::unique_ptr<MeshCommands::Command> mesh_token_command(CLI::App& mesh) {
  return std::make_unique<Token>(mesh);
}
std::unique_ptr<MeshCommands::Command> mesh_proxy_token_command(CLI::App& mesh) {
  return std::make_unique<ProxyToken>(mesh);
}
std::unique_ptr<MeshCommands::Command> mesh_zone_token_command(CLI::App& mesh) {
  return std::make_unique<ZoneToken>(mesh);
}
std::unique_ptr<MeshCommands::Command> mesh_debug_token_command(CLI::App& mesh) {
  return std::make_unique<DebugToken>(mesh);
}

}  // namespace clew
