// The files of the event ledger: how much there is, and whether one was put aside.
#include <fmt/format.h>

#include "cli/doctor/check.h"

namespace camfleet::cli::doctor {

Check event_ledger(const Plan& plan) {
  const auto directory = plan.data / "events";
  std::error_code error;
  if (!std::filesystem::exists(directory, error))
    return {"event ledger", Grade::ok, "is not there yet; the first start makes it", {}};
  std::uint64_t bytes = 0;
  std::size_t days = 0;
  std::string damaged;
  for (const auto& entry : std::filesystem::directory_iterator{directory, error}) {
    const auto name = entry.path().filename().string();
    std::error_code none;
    if (const auto size = entry.file_size(none); !none) bytes += size;
    if (name.starts_with("ev-") && name.ends_with(".db")) ++days;
    if (name.ends_with(".db.damaged")) damaged = name;
  }
  if (error) return {"event ledger", Grade::warn, error.message(), "run doctor as the user of the gateway"};
  Check check{"event ledger", Grade::ok, fmt::format("{} files, {}", days, size_text(bytes)), {}};
  if (!damaged.empty()) {
    check.grade = Grade::warn;
    check.found += ", " + damaged;
    check.advice =
        "a file was damaged and put aside: its events are not shown; sqlite3's .recover may read it; look at "
        "the disk";
  }
  return check;
}

}  // namespace camfleet::cli::doctor
