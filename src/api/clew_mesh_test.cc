#include "api/clew_mesh.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>

#include "net/http_server.h"
#include "net/http_testing.h"

namespace clew::api {
namespace {

using net::HttpRequest;
using net::HttpResponder;
using net::HttpResponse;
using nlohmann::json;
using ::testing::HasSubstr;

/// A control plane that answers everything with what the test says, and ours in front of it.
class ClewMesh : public ::testing::Test {
 protected:
  ClewMesh() {
    net::HttpRoutes routes;
    routes.add("GET", "/*", [this](const HttpRequest& request, HttpResponder responder) {
      std::lock_guard lock(mutex_);
      asked_ = request.path;
      for (const auto& [name, value] : request.query) asked_ += " " + name + "=" + value;
      authorization_ = request.header("authorization");
      responder.send(std::exchange(answer_, HttpResponse::json(200, "{}")));
    });
    plane_ = *net::HttpServer::start({.address = {"127.0.0.1", 0}}, std::move(routes));
  }

  void serve(std::optional<MeshSource> source) {
    net::HttpRoutes routes;
    ASSERT_TRUE(add_clew_mesh(routes, source));
    server_ = *net::HttpServer::start({.address = {"127.0.0.1", 0}}, std::move(routes));
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", plane_->port()); }

  json get(const std::string& path, int expected_status = 200) {
    auto answer = net::testing::HttpClient(server_->port()).get("/api/clew/v1/mesh" + path);
    EXPECT_EQ(answer.status, expected_status) << path << ": " << answer.body;
    return json::parse(answer.body, nullptr, false);
  }
  std::string message(const std::string& path, int expected_status) {
    return get(path, expected_status)["error"]["message"];
  }

  std::mutex mutex_;
  std::string asked_, authorization_;
  HttpResponse answer_ = HttpResponse::json(200, R"({"total":0,"items":[]})");
  std::unique_ptr<net::HttpServer> plane_, server_;
};

TEST_F(ClewMesh, HandsThroughWhatIsAskedAndWhatIsAnswered) {
  serve(MeshSource{.url = url() + "/"});
  EXPECT_EQ(get(""), json({{"configured", true}, {"url", url()}}));
  EXPECT_EQ(get("/proxies?mesh=a%26b"), json::parse(R"({"total":0,"items":[]})"));
  EXPECT_EQ(asked_, "/proxies mesh=a&b");
  EXPECT_EQ(authorization_, "");
  get("/services?mesh=default");
  EXPECT_EQ(asked_, "/services mesh=default");
  get("/edges/ams/routes/shop%2Fa?mesh=default");
  EXPECT_EQ(asked_, "/edges/ams/routes/shop/a mesh=default");  // decoded by the test's server
  get("/meshes/default/dataplanes/shop-1/_overview");
  EXPECT_EQ(asked_, "/meshes/default/dataplanes/shop-1/_overview");
}

TEST_F(ClewMesh, PassesOnlyWhatIsListed) {
  serve(MeshSource{.url = url()});
  get("/operator-tokens", 404);
  get("/meshes/default/dataplanes/shop-1/_config", 404);
  EXPECT_THAT(message("/meshes/../dataplanes/x/_overview", 400), HasSubstr("is no name"));
  EXPECT_THAT(message("/meshes/%2E%2E/dataplanes/x/_overview", 400), HasSubstr("is no name"));
  EXPECT_THAT(message("/proxies?nash=x", 400), HasSubstr("nash"));
  EXPECT_EQ(asked_, "");
}

TEST_F(ClewMesh, ShowsTheTokenThatStandsInTheFileNow) {
  std::string path = ::testing::TempDir() + "/clew-mesh-token";
  std::ofstream(path) << "first\n";
  serve(MeshSource{.url = url(), .token_file = path});
  get("/zones");
  EXPECT_EQ(authorization_, "Bearer first");
  std::ofstream(path) << "the second\n";
  get("/zones");
  EXPECT_EQ(authorization_, "Bearer the second");
}

TEST_F(ClewMesh, SaysWhatTheControlPlaneSays) {
  serve(MeshSource{.url = url()});
  std::string missing = R"({"error":{"code":"not_found","message":"there is no edge x"}})";
  answer_ = HttpResponse::json(404, missing);
  EXPECT_EQ(message("/edges/x/routes/y", 404), "there is no edge x");
  answer_ = HttpResponse::json(401, R"({"error":{"message":"no token"}})");
  EXPECT_THAT(message("/proxies", 502), HasSubstr("--mesh-token-file"));
  answer_ = HttpResponse::text(200, "<html>");
  EXPECT_THAT(message("/proxies", 502), HasSubstr("<html>"));
  answer_ = HttpResponse::json(500, "{}");
  EXPECT_THAT(message("/proxies", 502), HasSubstr("HTTP 500"));
  answer_ = HttpResponse::json(200, std::string(17 << 20, ' '));
  EXPECT_THAT(message("/proxies", 502), HasSubstr("16 MiB"));
}

TEST_F(ClewMesh, SaysThatTheControlPlaneIsAway) {
  serve(MeshSource{.url = url()});
  plane_.reset();
  EXPECT_THAT(message("/proxies", 503), HasSubstr("clew mesh run"));
  EXPECT_EQ(get("")["configured"], true);
}

TEST_F(ClewMesh, SaysHowToConfigureOne) {
  serve(std::nullopt);
  EXPECT_EQ(get(""), json({{"configured", false}}));
  EXPECT_THAT(message("/proxies", 404), HasSubstr("--mesh-url"));
}

TEST(ClewMeshSource, MustBeAUrl) {
  net::HttpRoutes routes;
  auto wrong = add_clew_mesh(routes, MeshSource{.url = "mesh:5681"});
  EXPECT_EQ(wrong.error().code, Code::kInvalid);
}

}  // namespace
}  // namespace clew::api
