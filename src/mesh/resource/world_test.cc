#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mesh/resource/resource.h"

namespace clew::mesh {
namespace {

ResourcePtr resource(std::string kind, std::string mesh, std::string name, uint64_t revision = 1) {
  return std::make_shared<Resource>(
      Resource{{std::move(kind), std::move(mesh), std::move(name)}, {}, {}, revision});
}

std::vector<std::string> names(std::span<const ResourcePtr> resources) {
  std::vector<std::string> all;
  for (const ResourcePtr& each : resources) all.push_back(each->key.name);
  return all;
}

TEST(World, FindsAKindOfOneMeshInOrderOfNames) {
  World world(7, {resource("MeshTrace", "b", "x"), resource("MeshTrace", "a", "z"),
                  resource("MeshTrace", "a", "y"), resource("MeshRetry", "a", "w")});
  EXPECT_THAT(names(world.of("MeshTrace", "a")), testing::ElementsAre("y", "z"));
  EXPECT_THAT(names(world.of("MeshTrace", "c")), testing::IsEmpty());
  EXPECT_EQ(world.find({"MeshTrace", "b", "x"})->key.mesh, "b");
  EXPECT_EQ(world.find({"MeshTrace", "b", "y"}), nullptr);
}

TEST(World, KeepsTheLaterOfTwoWithOneKey) {
  World world(2, {resource("Mesh", "", "a", 1), resource("Mesh", "", "b", 1),
                  resource("Mesh", "", "a", 2)});
  ASSERT_THAT(names(world.of("Mesh")), testing::ElementsAre("a", "b"));
  EXPECT_EQ(world.find({"Mesh", "", "a"})->revision, 2u);
}

}  // namespace
}  // namespace clew::mesh
