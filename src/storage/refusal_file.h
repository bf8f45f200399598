#pragma once
#include <array>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "model/refusals.h"
#include "net/worker_pool.h"

namespace camfleet::storage {

// DATA/refusals, 0600: a version line, then "<fingerprint> <unix milliseconds>" for a refusal, and
// "<fingerprint> -" where the place let us in and what it refused before counts no more. Lines are appended
// on the worker, a few at a time, without a sync: a kill -9 loses none that was written, a power cut may lose
// the last. Past kMost lines the file is begun anew with what still counts. A line that is not of this form
// (cut off by a power cut) is left out; to forget a refusal costs an attempt, to be without a gateway costs
// all.
class RefusalFile final : public model::RefusalStore {
 public:
  static constexpr std::size_t kMost = 100'000;  // lines
  static constexpr std::size_t kMostQueued =
      10'000;  // that are not written yet; past it the oldest is dropped
  static constexpr std::chrono::minutes kKept{30};

  // `key`: of the fingerprints, derived from the installation's. The pool outlives it.
  RefusalFile(std::filesystem::path file, const std::array<std::uint8_t, 32>& key, net::WorkerPool& pool,
              const Clock& clock = system_clock(), std::size_t most = kMost)
      : work_(std::make_shared<Work>(std::move(file), clock, most)), key_(key), pool_(pool) {}

  Result<std::vector<model::Refusal>> load(WallTime since) override;
  void note(const model::Refusal& refusal) override;
  void forget(std::uint64_t low, std::uint64_t high) override;
  std::array<std::uint8_t, 32> key() const override { return key_; }

 private:
  // Shared with the job that writes.
  struct Work {
    Work(std::filesystem::path at, const Clock& its, std::size_t lines_at_most)
        : file(std::move(at)), clock(its), most(lines_at_most) {}
    Result<std::vector<model::Refusal>> read(WallTime since);
    bool begin_anew();
    void write();

    const std::filesystem::path file;
    const Clock& clock;
    const std::size_t most;
    std::mutex writing;  // the file's; taken before mutex
    std::size_t lines = 0;
    std::mutex mutex;
    std::deque<std::string> queued;
    bool on_its_way = false;
  };
  void put(std::string line);

  std::shared_ptr<Work> work_;
  const std::array<std::uint8_t, 32> key_;
  net::WorkerPool& pool_;
};

}  // namespace camfleet::storage
