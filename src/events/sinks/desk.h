#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "events/sinks/runner.h"
#include "model/ports.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/slots.h"
#include "net/worker_pool.h"

namespace camfleet::events::sinks {

// What the desk is plugged into; all of it outlives it.
struct DeskParts {
  model::LedgerFeed& feed;
  model::SinkStore& store;
  const model::SecretBox& secrets;
  const net::AddressGuard& guard;  // where sinks may be
  const model::DeviceTags* tags = nullptr;
  std::filesystem::path files;  // below it file sinks write; empty: there are none
  bool crashed = false;         // the last gateway ended by a fault of its own: over an entry, perhaps
  Patience patience = {};
};

// All sinks of this gateway, on a loop of their own, so that whatever a sink costs is not paid by a camera.
// open(), start(), then stop_and_wait() before it ends, from a thread that is no loop's.
class Desk final : public model::Sinks {
 public:
  static constexpr std::size_t kMost = 64;

  explicit Desk(DeskParts parts);
  ~Desk() override;

  // Reads how far each sink is, and shows it; blocking. storage.failed, storage.newer_schema.
  Result<void> open();
  // From now on they deliver. One that cannot be set up is refused, the others run. Blocking.
  void start();
  void stop_and_wait();
  // The sinks of the configuration file: made, changed, and switched off where they are no longer among them.
  // Blocking, not from a loop. sink.invalid names the sink; those before it are as wanted then.
  Result<void> declare(std::vector<model::SinkWish> wishes);
  // For the ledger, which must not remove what a sink has not got yet.
  const model::SinkAccounts& accounts() const { return board_; }

  net::Task<Result<std::vector<model::SinkView>>> list() override;
  net::Task<Result<model::SinkView>> show(std::string id) override;
  net::Task<Result<model::SinkView>> add(model::SinkWish wish) override;
  net::Task<Result<model::SinkView>> edit(model::SinkWish wish,
                                          std::optional<std::uint64_t> revision) override;
  net::Task<Result<void>> remove(std::string id, std::optional<std::uint64_t> revision) override;
  net::Task<Result<model::SinkView>> set_paused(std::string id, bool paused) override;
  net::Task<Result<void>> test(std::string id) override;
  net::Task<Result<model::SinkView>> replay(std::string id, model::ReplayWish wish) override;
  net::Task<Result<std::vector<model::ParkedEntry>>> parked(std::string id, model::Seq after,
                                                            std::size_t limit) override;
  net::Task<Result<void>> retry_parked(std::string id, model::Seq seq) override;
  net::Task<Result<void>> drop_parked(std::string id, model::Seq seq) override;

 private:
  // One change of a sink at a time; its runner is made anew with each.
  struct Entry {
    explicit Entry(net::Executor executor) : turn(executor, 1, 64) {}
    net::Slots turn;
    std::unique_ptr<Runner> runner;  // null: removed
  };
  using EntryPtr = std::shared_ptr<Entry>;
  struct Held {
    EntryPtr entry;
    net::Slot slot;  // ends before the entry
  };

  template <class T>
  net::Task<Result<T>> on_loop(net::Task<Result<T>> task);
  net::Task<Result<Held>> hold(std::string id);
  net::Task<> load(model::SinkStore::Loaded loaded);
  net::Task<> stop_all();
  net::Task<> declare_all(std::vector<model::SinkWish> wishes, Result<void>& result);

  net::Task<Result<std::vector<model::SinkView>>> list_here();
  net::Task<Result<model::SinkView>> show_here(std::string id);
  net::Task<Result<model::SinkView>> add_here(model::SinkWish wish, bool declared);
  net::Task<Result<model::SinkView>> edit_here(model::SinkWish wish, std::optional<std::uint64_t> revision,
                                               bool declared);
  net::Task<Result<void>> remove_here(std::string id, std::optional<std::uint64_t> revision);
  net::Task<Result<void>> test_here(std::string id);
  net::Task<Result<model::SinkView>> replay_here(std::string id, model::ReplayWish wish);
  net::Task<Result<std::vector<model::ParkedEntry>>> parked_here(std::string id, model::Seq after,
                                                                 std::size_t limit);
  net::Task<Result<void>> retry_here(std::string id, model::Seq seq);
  net::Task<Result<void>> drop_here(std::string id, model::Seq seq);

  Result<void> apply(model::SinkWish& wish, model::SinkRecord& record) const;
  Result<std::unique_ptr<Client>> client_of(const model::SinkRecord& record);
  std::unique_ptr<Runner> runner_of(Runner::State state, std::unique_ptr<Client> client);

  DeskParts parts_;
  Board board_;
  net::Loops loops_{1, "sinks"};
  net::WorkerPool closers_{1, 1'000, "sink closers"};
  net::WorkerPool file_thread_{1, 1'000, "sink files"};
  std::map<std::string, EntryPtr> entries_;  // on the loop
  model::SinkStore::Loaded loaded_;          // between open() and start()
  bool started_ = false;
};

}  // namespace camfleet::events::sinks
