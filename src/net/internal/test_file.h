// A file for tests that is there for as long as the test needs it. Not part of the product.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace clew::net::testing {

class TestFile {
 public:
  explicit TestFile(std::string_view content) { replace(content); }
  ~TestFile() { remove(); }
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;

  /// As careful people replace a file, by a rename; so its inode is another one.
  void replace(std::string_view content) {
    std::ofstream(path_ + ".new", std::ios::binary) << content;
    std::filesystem::rename(path_ + ".new", path_);
  }
  void remove() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = ::testing::TempDir() + "clew-test-" + std::to_string(::getpid()) + "-" +
                      std::to_string(reinterpret_cast<uintptr_t>(this));
};

}  // namespace clew::net::testing
