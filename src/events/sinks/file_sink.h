#pragma once
#include <filesystem>

#include "events/sinks/client.h"
#include "model/sink.h"
#include "net/worker_pool.h"

namespace camfleet::events::sinks {

// Appends entries to a file, one CloudEvent a line, and syncs it before they count as delivered. A new file
// begins when it is large or another day (UTC): the old one is renamed to NAME.YYYYMMDDTHHMMSSmmm, of which
// the newest `keep` stay. Writing is done on the pool's thread; the pool outlives it.
class FileSink final : public Client {
 public:
  // `directory` is the one that the operator named for such files; sink.invalid where there is none.
  static Result<std::unique_ptr<Client>> make(const model::SinkSpec& spec,
                                              const std::filesystem::path& directory, net::WorkerPool& pool);
  Limits limits() const override { return {1, 512}; }
  net::Task<> deliver(std::span<Delivery> batch) override;
  net::Task<> stop() override;

 private:
  class Writer;
  explicit FileSink(net::WorkerPool& pool) : pool_(pool) {}

  net::WorkerPool& pool_;
  std::shared_ptr<Writer> writer_;  // shared with a job whose caller is gone
  bool payload_ = true;
};

}  // namespace camfleet::events::sinks
