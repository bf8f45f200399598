#include "app/backups.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "auth/file_sum.h"
#include "base/clock.h"
#include "base/log.h"

namespace camfleet::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnfinished = ".unfinished-";

// "20261122T181000.123Z": names sort as they were made.
std::string name_of(WallTime at) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(at);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(ms);
  const std::time_t time = seconds.time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%S", &parts);
  auto fraction = std::to_string(1000 + (ms - seconds).count());
  return std::string{text.data(), length} + '.' + fraction.substr(1) + 'Z';
}

// What does not go into a backup: the secrets that open it, what is of this process alone, and what the
// registry writes beside itself.
bool stays(const std::string& name) {
  return name == "secret.key" || name == "admin.token" || name == "lock" || name.starts_with("registry.db") ||
         name == "demo.csv" || name.starts_with("live-tokens.");
}

Result<void> sync(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (!done) return fail(Code::storage_failed, path.string() + ": cannot be synced");
  return {};
}

// Copies the other files, sums them all up, and gives the folder its name.
Result<api::Backup> finish(const fs::path& data_dir, const fs::path& unfinished, const fs::path& folder) {
  api::Backup out{folder.string(), 0, {}};
  for (const auto& entry : fs::directory_iterator{data_dir})
    if (entry.symlink_status().type() == fs::file_type::regular && !stays(entry.path().filename().string()))
      fs::copy_file(entry.path(), unfinished / entry.path().filename());

  for (const auto& entry : fs::directory_iterator{unfinished}) {
    out.files.push_back(entry.path().filename().string());
    out.bytes += entry.file_size();
  }
  std::ranges::sort(out.files);
  std::ofstream sums{unfinished / "SHA256SUMS"};
  for (const auto& name : out.files) {
    const auto sum = auth::sha256_of(unfinished / name);
    if (!sum) return fail(sum.error());
    sums << *sum << "  " << name << '\n';
  }
  sums.close();
  if (!sums) return fail(Code::storage_failed, (unfinished / "SHA256SUMS").string() + ": cannot be written");

  for (const auto& entry : fs::directory_iterator{unfinished})
    if (auto synced = sync(entry.path()); !synced) return fail(synced.error());
  if (auto synced = sync(unfinished); !synced) return fail(synced.error());
  fs::rename(unfinished, folder);
  if (auto synced = sync(folder.parent_path()); !synced) return fail(synced.error());
  return out;
}

// Those that were begun and not finished, and all but the newest.
void tidy(const fs::path& backups) {
  std::vector<fs::path> whole;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator{backups, ec}) {
    if (entry.path().filename().string().starts_with(kUnfinished))
      fs::remove_all(entry.path(), ec);
    else if (entry.is_directory(ec))
      whole.push_back(entry.path());
  }
  std::ranges::sort(whole);
  for (std::size_t i = 0; i + Backups::kKept < whole.size(); ++i) fs::remove_all(whole[i], ec);
}

}  // namespace

net::Task<Result<api::Backup>> Backups::make() {
  if (busy_.exchange(true)) co_return fail(Code::api_conflict, "a backup is being made");
  struct Done {
    std::atomic<bool>& busy;
    ~Done() { busy = false; }
  } done{busy_};

  const auto backups = data_dir_ / "backups";
  const auto name = name_of(system_clock().wall());
  const auto unfinished = backups / (std::string{kUnfinished} + name);
  auto preparing = blocking_.run([backups, unfinished]() -> Result<void> {
    std::error_code ec;
    fs::create_directory(backups, ec);
    tidy(backups);
    if (!fs::create_directory(unfinished, ec))
      return fail(Code::storage_failed, unfinished.string() + ": " + ec.message());
    return {};
  });
  const auto prepared = co_await std::move(preparing);
  if (!prepared) co_return fail(prepared.error());

  auto copying = registry_.copy_to(unfinished / "registry.db");
  const auto copied = co_await std::move(copying);
  auto finishing =
      blocking_.run([data_dir = data_dir_, backups, unfinished, name, copied]() -> Result<api::Backup> {
        Result<api::Backup> out = copied ? Result<api::Backup>{} : fail(copied.error());
        try {
          if (out) out = finish(data_dir, unfinished, backups / name);
        } catch (const fs::filesystem_error& error) {
          out = fail(Code::storage_failed, error.what());
        }
        tidy(backups);
        return out;
      });
  auto made = co_await std::move(finishing);
  if (made) log::info("gateway.backup_made", {{"path", made->path}, {"bytes", made->bytes}});
  co_return made;
}

}  // namespace camfleet::app
