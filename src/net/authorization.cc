#include "net/authorization.h"

#include <utility>

#include "net/internal/base64.h"

namespace clew::net {
namespace {

/// A header that is made of a secret: at hand at any time, and new as soon as the secret is.
class SecretHeader : public Authorization {
 public:
  void get(Done done) override { done(header()); }
  bool replaced(const std::string& value) override {
    auto now = header();
    return now && *now != value;
  }

 protected:
  virtual std::string header_of(const std::string& secret) const = 0;

  explicit SecretHeader(Secret secret) : secret_(std::move(secret)) {}

 private:
  Result<std::string> header() const {
    auto secret = secret_.text();
    if (!secret) return fail(Code::kUnavailable, "{}", secret.error().message);
    return header_of(*secret);
  }

  const Secret secret_;
};

class BasicHeader final : public SecretHeader {
 public:
  BasicHeader(std::string username, Secret password)
      : SecretHeader(std::move(password)), username_(std::move(username)) {}

 private:
  std::string header_of(const std::string& password) const override {
    return "Basic " + to_base64(username_ + ":" + password);
  }

  const std::string username_;
};

class BearerHeader final : public SecretHeader {
 public:
  explicit BearerHeader(Secret token) : SecretHeader(std::move(token)) {}

 private:
  std::string header_of(const std::string& token) const override { return "Bearer " + token; }
};

}  // namespace

std::unique_ptr<Authorization> basic_authorization(std::string username, Secret password) {
  return std::make_unique<BasicHeader>(std::move(username), std::move(password));
}

std::unique_ptr<Authorization> bearer_authorization(Secret token) {
  return std::make_unique<BearerHeader>(std::move(token));
}

}  // namespace clew::net
