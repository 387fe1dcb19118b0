#include "mesh/resource/watched_directory.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

#include "base/log.h"
#include "base/thread_name.h"
#include "mesh/resource/parse.h"

namespace clew::mesh {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kEvery{1};
constexpr char kAuthor[] = "directory";

bool is_resource_file(const fs::path& file) {
  std::string extension = file.extension();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

}  // namespace

Result<std::unique_ptr<WatchedDirectory>> WatchedDirectory::start(std::string directory,
                                                                  ResourceStore& store) {
  std::unique_ptr<WatchedDirectory> watched(new WatchedDirectory(std::move(directory), store));
  if (auto applied = watched->apply(); !applied) return std::unexpected(applied.error());
  watched->thread_ = std::thread([&self = *watched] { self.run(); });
  return watched;
}

WatchedDirectory::~WatchedDirectory() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<std::map<std::string, std::string>> WatchedDirectory::read() const {
  std::map<std::string, std::string> contents;
  std::error_code error;
  for (fs::directory_iterator it(directory_, error), end; !error && it != end;
       it.increment(error)) {
    if (!is_resource_file(it->path())) continue;
    std::ifstream in(it->path(), std::ios::binary);
    if (!in) return fail(Code::kIo, "cannot read {}", it->path().string());
    contents.emplace(it->path().string(), std::string(std::istreambuf_iterator<char>(in), {}));
  }
  if (error) return fail(Code::kIo, "cannot read {}: {}", directory_, error.message());
  return contents;
}

Result<void> WatchedDirectory::apply() {
  auto contents = read();
  if (!contents) return std::unexpected(contents.error());
  if (ever_ && *contents == applied_) return {};
  // Wrong files are told once, not every second.
  ever_ = true;
  applied_ = *contents;
  std::vector<Resource> all;
  std::string problems;
  for (const auto& [file, text] : *contents) {
    auto parsed = parse_resources(text, file);
    if (!parsed) problems += (problems.empty() ? "" : "\n") + parsed.error().message;
    for (Resource& each : parsed ? *parsed : std::vector<Resource>{}) {
      each.labels[kOrigin] = kFromDirectory;
      all.push_back(std::move(each));
    }
  }
  if (!problems.empty()) return fail(Code::kInvalid, "{}", problems);
  std::set<ResourceKey> wanted;
  for (const Resource& each : all)
    if (!wanted.insert(each.key).second)
      return fail(Code::kInvalid, "{}: {} {} is in more than one file, or twice in one", directory_,
                  each.key.kind, each.key.name);
  std::set<ResourceKey> gone;
  for (const ResourcePtr& each : store_.world()->all()) {
    auto origin = each->labels.find(kOrigin);
    bool ours = origin != each->labels.end() && origin->second == kFromDirectory;
    if (ours && !wanted.contains(each->key)) gone.insert(each->key);
  }
  // In one step: a file may name anew what another no longer has.
  auto applied = store_.apply(all, kAuthor, gone);
  return applied ? Result<void>() : std::unexpected(applied.error());
}

void WatchedDirectory::run() {
  name_thread("mesh-directory");
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, kEvery, [this] { return stopping_; })) {
    lock.unlock();
    if (auto applied = apply(); !applied) {
      std::string_view rest = applied.error().message;
      while (!rest.empty()) {
        std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        log::error("mesh: {}", line);
      }
    }
    lock.lock();
  }
}

}  // namespace clew::mesh
