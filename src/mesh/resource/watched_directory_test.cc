#include "mesh/resource/watched_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace clew::mesh {
namespace {

namespace fs = std::filesystem;

class WatchedDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / fmt::format("watched_directory_test-{}", ::getpid());
    fs::create_directories(root_ / "resources");
    store = ResourceStore::open((root_ / "mesh.db").string(), Clock::system()).value();
  }
  void TearDown() override {
    store.reset();
    fs::remove_all(root_);
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(root_ / "resources" / name) << text;
  }
  void remove(const std::string& name) { fs::remove(root_ / "resources" / name); }
  std::string directory() const { return (root_ / "resources").string(); }
  bool has(const char* kind, const char* mesh, const char* name) const {
    return store->world()->find({kind, mesh, name}) != nullptr;
  }

  std::unique_ptr<ResourceStore> store;

 private:
  fs::path root_;
};

TEST_F(WatchedDirectoryTest, DeletesWhatVanishesButNothingElse) {
  write("mesh.yaml", "{type: Mesh, name: default}\n---\n{type: Zone, name: fra}");
  write("notes.txt", "no resource");
  auto watched = WatchedDirectory::start(directory(), *store).value();
  ASSERT_TRUE(has("Mesh", "", "default") && has("Zone", "", "fra"));
  Resource by_hand{{"Zone", "", "was"}, {}, nlohmann::json::object(), 0};
  ASSERT_TRUE(store->apply(std::span(&by_hand, 1), "ann"));
  remove("mesh.yaml");
  ASSERT_TRUE(watched->apply().has_value());
  EXPECT_FALSE(has("Mesh", "", "default") || has("Zone", "", "fra"));
  EXPECT_TRUE(has("Zone", "", "was"));
}

TEST_F(WatchedDirectoryTest, ChangesNothingWhileAFileIsWrong) {
  write("a.yaml", "{type: Zone, name: a}");
  auto watched = WatchedDirectory::start(directory(), *store).value();
  write("a.yaml", "{type: Zone, name: b}");
  write("b.yaml", "{type: Zone, nam: c}");
  auto applied = watched->apply();
  ASSERT_FALSE(applied.has_value());
  EXPECT_THAT(applied.error().message, ::testing::HasSubstr("b.yaml:1: "));
  EXPECT_TRUE(has("Zone", "", "a"));
  EXPECT_FALSE(has("Zone", "", "b"));
  write("b.yaml", "{type: Zone, name: c}");
  ASSERT_TRUE(watched->apply().has_value());
  EXPECT_FALSE(has("Zone", "", "a"));
  EXPECT_TRUE(has("Zone", "", "b") && has("Zone", "", "c"));
}

TEST_F(WatchedDirectoryTest, APortGoesWithWhatNamesItWhateverTheOrderOfFiles) {
  auto service = [](const char* ports) {
    return fmt::format("{{type: MeshService, name: shop, spec: {{ports: [{}]}}}}", ports);
  };
  constexpr char kTimeout[] =
      "{type: MeshTimeout, name: t, spec: {to: [{targetRef: {kind: MeshService, name: shop, "
      "sectionName: admin}, default: {idleTimeout: 1s}}]}}";
  constexpr char kBoth[] = "{port: 80}, {port: 81, name: admin}";
  write("mesh.yaml", "{type: Mesh, name: default}");
  for (const char* file : {"a.yaml", "z.yaml"}) {
    write(file, service(kBoth));
    write("timeout.yaml", kTimeout);
    auto watched = WatchedDirectory::start(directory(), *store).value();
    remove(file);
    auto refused = watched->apply();
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().message, ::testing::HasSubstr("there is no MeshService shop"));
    remove("timeout.yaml");
    EXPECT_TRUE(watched->apply().has_value());
    EXPECT_FALSE(has("MeshService", "default", "shop") || has("MeshTimeout", "default", "t"));

    write(file, service(kBoth));
    write("timeout.yaml", kTimeout);
    ASSERT_TRUE(watched->apply().has_value());
    write(file, service("{port: 80}"));
    remove("timeout.yaml");
    EXPECT_TRUE(watched->apply().has_value());
    EXPECT_FALSE(has("MeshTimeout", "default", "t"));
    remove(file);
    ASSERT_TRUE(watched->apply().has_value());
  }
}

TEST_F(WatchedDirectoryTest, SaysThatItCannotBeRead) {
  auto watched = WatchedDirectory::start("/no/such/directory", *store);
  ASSERT_FALSE(watched.has_value());
  EXPECT_THAT(watched.error().message, ::testing::HasSubstr("/no/such/directory"));
}

}  // namespace
}  // namespace clew::mesh
