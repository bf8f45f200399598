#pragma once
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "model/lessons.h"
#include "net/worker_pool.h"

namespace camfleet::storage {

// DATA/lessons, 0600: a version line, then "<device> <streams> <unix seconds>" for each device that taught us
// something. Written anew as a whole on the worker and put in the place of the old one, once for all lessons
// that came meanwhile, without a sync: a power cut may lose the last ones, and costs a refusal. A line that
// is not of this form is left out. Past kMost devices no other is kept.
class LessonFile final : public model::LessonStore {
 public:
  static constexpr std::size_t kMost = 100'000;

  // The pool outlives it.
  LessonFile(std::filesystem::path file, net::WorkerPool& pool)
      : work_(std::make_shared<Work>(std::move(file))), pool_(pool) {}

  Result<std::vector<model::Lesson>> load() override;
  void note(const model::Lesson& lesson) override;

 private:
  struct Kept {
    std::uint16_t streams = 0;
    std::int64_t at_s = 0;
  };
  // Shared with the job that writes.
  struct Work {
    explicit Work(std::filesystem::path at) : file(std::move(at)) {}
    void write();

    const std::filesystem::path file;
    std::mutex writing;  // the file's; taken before mutex
    std::mutex mutex;
    std::map<std::string, Kept> known;
    bool on_its_way = false;
  };

  std::shared_ptr<Work> work_;
  net::WorkerPool& pool_;
};

}  // namespace camfleet::storage
