#pragma once
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/ledger.h"

namespace camfleet::storage {

// A file of the ledger by its name: "ev-2026-11-28.db", and "ev-2026-11-28.2.db" of a day that has several.
// Its pictures are beside it, in a file that ends in ".pic".
struct EventFile {
  std::string day;  // "2026-11-28"
  unsigned number = 1;
  model::Seq first = 0;  // of its entries, 0: it has none
  model::Seq last = 0;   // grows in the newest one
  WallTime upto{};       // nothing in it was received later; of the newest one it is not known

  std::string stem() const;  // "ev-2026-11-28.2"
  friend bool operator==(const EventFile&, const EventFile&) = default;
};
std::optional<EventFile> parse_event_file(std::string_view name);
// "2026-11-28", UTC.
std::string day_of(WallTime time);

// Which files there are: the store writes it, readers copy from it. Thread-safe.
class EventFiles {
 public:
  explicit EventFiles(std::filesystem::path directory) : directory_(std::move(directory)) {}

  const std::filesystem::path& directory() const { return directory_; }
  std::filesystem::path database(const EventFile& file) const { return directory_ / (file.stem() + ".db"); }
  std::filesystem::path pictures(const EventFile& file) const { return directory_ / (file.stem() + ".pic"); }

  void set(std::vector<EventFile> files);
  // The newest one has entries up to here.
  void grew(model::Seq first, model::Seq last);
  // The newest one is followed by another.
  void turn(WallTime upto, EventFile next);
  void remove(const EventFile& file);
  std::vector<EventFile> all() const;  // ascending
  model::Seq oldest() const;           // 0: there is no entry
  // With logs and pictures.
  std::uint64_t bytes(const EventFile& file) const;

 private:
  const std::filesystem::path directory_;
  mutable std::mutex mutex_;
  std::vector<EventFile> files_;
};

}  // namespace camfleet::storage
