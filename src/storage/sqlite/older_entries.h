#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/event_store.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/event_files.h"

namespace camfleet::storage {

// Asks the files before the one that is written. The index of ids is that of one file; an event that is told
// again after the day has turned (by another way, or by a terminal that replays its own store) is found here.
// The ledger's thread only.
class OlderEntries {
 public:
  explicit OlderEntries(const EventFiles& files) : files_(files) {}

  // Of each entry whether an older file has it. `since`: when the file that is written now was begun; nobody
  // is asked about what happened well after that. A file that cannot be read has nothing: what it knew may be
  // written once more.
  std::vector<bool> know(std::span<const model::NewEntry> entries, WallTime since);
  // Of a file that is to be removed.
  void close(const EventFile& file);

 private:
  struct Reader {
    std::string stem;
    Database database;
    Statement find;
  };
  Reader* reader(const EventFile& file);

  const EventFiles& files_;
  std::optional<Reader> reader_;  // of the file that was asked last: most often the one before
};

}  // namespace camfleet::storage
