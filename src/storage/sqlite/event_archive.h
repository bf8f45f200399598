#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "model/event_store.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/event_files.h"

namespace camfleet::storage {

// Reads the ledger beside the one who writes it, each call on a connection of its own that is kept for the
// next one. A page is read in one go: no reader holds a place in the log for long.
class SqliteEventArchive final : public model::EventArchive {
 public:
  explicit SqliteEventArchive(const EventFiles& files) : files_(files) {}

  model::Seq oldest() const override { return files_.oldest(); }
  Result<std::vector<model::LedgerEntryPtr>> read(model::Seq after, std::size_t limit) override;
  Result<model::EventPage> list(const model::EventQuery& query) override;
  Result<std::vector<model::LedgerEntryPtr>> show(const std::string& event) override;
  Result<model::StoredPicture> picture(const std::string& id) override;
  Result<std::vector<model::AccountRow>> account(const model::EventQuery& query,
                                                 std::span<const model::Seq> marks) override;
  Result<std::vector<model::BlindInterval>> blind(const model::BlindQuery& query) override;
  std::uint64_t bytes() const override;

 private:
  // Takes a connection and gives it back at its end.
  class Borrowed;
  Result<Borrowed> borrow(const EventFile& file);
  // Whether a file can have what is asked for.
  static bool may_have(const EventFile& file, const model::EventQuery& query);
  Result<std::size_t> list_file(const EventFile& file, const model::EventQuery& query, model::EventPage& page,
                                std::size_t budget);

  const EventFiles& files_;
  std::mutex mutex_;
  std::vector<std::pair<std::string, std::unique_ptr<Database>>> idle_;  // by stem, the latest at the end
};

}  // namespace camfleet::storage
