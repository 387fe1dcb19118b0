// clew_stages: what each stage of the store's way in takes by itself, in one thread and without a
// network: reading, head, block, merge. Prints CPU seconds per million spans and bytes per span.
#include <fmt/format.h>

#include <atomic>
#include <ctime>
#include <filesystem>

#include "load/workload.h"
#include "store/block_storage_local.h"
#include "store/compaction.h"
#include "store/head_writer.h"

namespace clew::bench {
namespace {

constexpr size_t kSpansPerRequest = 512;

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) + double(time.tv_nsec) * 1e-9;
}

/// Adds up the CPU time of one stage.
class Stage {
 public:
  template <typename Work>
  auto run(Work&& work) {
    double begin = cpu_seconds();
    auto result = work();
    seconds_ += cpu_seconds() - begin;
    return result;
  }
  void print(const char* name, uint64_t spans) const {
    fmt::print("{:<28} {:>7.3f} CPU s per million spans\n", name, seconds_ / double(spans) * 1e6);
  }

 private:
  double seconds_ = 0;
};

template <typename T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  fmt::print(stderr, "{}\n", result.error().message);
  std::exit(1);
}

void must(Result<void> result) {
  if (result) return;
  fmt::print(stderr, "{}\n", result.error().message);
  std::exit(1);
}

int run(uint64_t blocks, uint64_t spans_per_block) {
  std::string directory = std::filesystem::temp_directory_path() / "clew-stages";
  std::filesystem::remove_all(directory);
  auto storage = must(store::BlockStorageLocal::open(Disk::system(), directory));
  store::Cache cache(32 << 20);
  std::atomic<uint64_t> damaged = 0;
  uint64_t number = 0, input = 0, head_bytes = 0, spans = 0;
  auto open = [&](const store::BlockKey& key) -> Result<std::shared_ptr<const store::Block>> {
    auto file = storage->open(key);
    if (!file) return std::unexpected(file.error());
    return store::Block::open({key, 0}, std::move(*file), cache, damaged);
  };
  auto series = [&](uint64_t rows) {
    return store::BlockSeries(
        {.storage = *storage,
         .new_key = [&] { return store::BlockKey{Tenant(), fmt::format("{}", number++)}; },
         .open = open,
         .now = Clock::system().now(),
         .oldest = 0},
        rows);
  };
  Stage index, insert, write, merge;
  load::Workload workload(1);
  store::CompactionJob job;
  uint64_t block_bytes = 0;
  for (uint64_t block = 0; block < blocks; ++block) {
    store::HeadTenant head;
    for (uint64_t i = 0; i < spans_per_block; i += kSpansPerRequest) {
      SharedBytes request = SharedBytes::take(workload.next_request(kSpansPerRequest));
      input += request.size();
      auto batch = index.run([&] { return must(otlp::Batch::index(request)); });
      spans += batch.spans().size();
      head_bytes += insert.run([&] { return head.insert(batch); });
    }
    auto out = series(spans_per_block);
    write.run([&] {
      must(store::write_head(head, out));
      must(out.finish(0));
      return 0;
    });
    for (const auto& written : out.written()) {
      block_bytes += written->size_bytes();
      job.rows += written->footer().spans;
      job.sources.push_back(written);
    }
  }
  std::atomic<bool> stop = false;
  store::BlockKey key{Tenant(), "merged"};
  auto upload = must(storage->create(key));
  store::BlockOutput out(*upload);
  merge.run(
      [&] { return must(store::merge_blocks(job, out, {.now = Clock::system().now()}, stop)); });
  uint64_t merged_bytes = must(open(key))->size_bytes();
  auto per_span = [&](uint64_t bytes) { return double(bytes) / double(spans); };
  fmt::print("{} spans in {} blocks\n", spans, blocks);
  index.print("index of requests", spans);
  insert.print("into the head", spans);
  write.print("head to block", spans);
  merge.print("merge of blocks", spans);
  fmt::print("bytes per span: input {:.0f}, head {:.0f}, blocks {:.1f}, merged {:.1f}\n",
             per_span(input), per_span(head_bytes), per_span(block_bytes), per_span(merged_bytes));
  std::filesystem::remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace clew::bench

int main(int argc, char** argv) {
  uint64_t blocks = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 4;
  uint64_t spans = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 200'000;
  if (blocks == 0 || spans == 0) {
    fmt::print(stderr, "usage: clew_stages [BLOCKS [SPANS_PER_BLOCK]]\n");
    return 1;
  }
  return clew::bench::run(blocks, spans);
}
