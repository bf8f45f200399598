#include "storage/picture_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/log.h"
#include "proto/hash/hash.h"

namespace camfleet::storage {
namespace {

constexpr std::string_view kMagic = "CFP1";
constexpr std::size_t kHead = 4 + 4 + 4 + 2 + 2;
constexpr std::size_t kMostPicture = 16 * 1024 * 1024;
constexpr std::size_t kMostText = 256;

std::string reason(int error) { return std::generic_category().message(error); }

std::string record_of(const model::DeviceId& device, const model::EventPicture& picture) {
  const auto id = std::string_view{device.str()}.substr(0, kMostText);
  const auto type = std::string_view{picture.content_type}.substr(0, kMostText);
  std::array<std::uint8_t, kHead> head{};
  store32(head.data() + 8, static_cast<std::uint32_t>(picture.data.size()));
  store16(head.data() + 12, static_cast<std::uint16_t>(id.size()));
  store16(head.data() + 14, static_cast<std::uint16_t>(type.size()));
  std::string out{as_text(head)};
  out.append(id).append(type).append(as_text(picture.data));
  auto* const begin = reinterpret_cast<std::uint8_t*>(out.data());
  store32(begin + 4, hash::crc32c(as_bytes(std::string_view{out}.substr(8))));
  out.replace(0, kMagic.size(), kMagic);
  return out;
}

}  // namespace

void end_by_failed_sync(const std::string& what, int system_error) {
  log::error(
      "ledger.sync_failed",
      {{"what", what},
       {"why", reason(system_error)},
       {"then", "the gateway ends here, since what the disk holds is unknown; the next start checks it"}});
  std::abort();
}

Error disk_error(const std::string& what, int system_error) {
  const auto code = system_error == ENOSPC || system_error == EDQUOT ? Code::ledger_full
                    : system_error == EROFS                          ? Code::ledger_read_only
                                                                     : Code::ledger_failed;
  return Error{code, what + ": " + reason(system_error)};
}

void sync_directory(const std::filesystem::path& directory) {
  const net::Descriptor opened{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!opened || ::fsync(opened.fd()) != 0) end_by_failed_sync(directory.string(), errno);
}

Result<PictureFile> PictureFile::open(const std::filesystem::path& file) {
  net::Descriptor opened{::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!opened) return fail(disk_error(file.filename().string(), errno));
  struct stat info {};
  if (::fstat(opened.fd(), &info) != 0) return fail(disk_error(file.filename().string(), errno));
  sync_directory(file.parent_path());
  return PictureFile{file, std::move(opened), static_cast<std::uint64_t>(info.st_size)};
}

Result<std::uint64_t> PictureFile::append(const model::DeviceId& device, const model::EventPicture& picture) {
  if (picture.data.size() > kMostPicture)
    return fail(Code::ledger_failed, "a picture of " + std::to_string(picture.data.size()) + " bytes");
  const auto record = record_of(device, picture);
  std::string_view left = record;
  auto at = size_;
  while (!left.empty()) {
    const auto wrote = ::pwrite(descriptor_.fd(), left.data(), left.size(), static_cast<off_t>(at));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return fail(disk_error(file_.filename().string(), wrote < 0 ? errno : EIO));
    left.remove_prefix(static_cast<std::size_t>(wrote));
    at += static_cast<std::uint64_t>(wrote);
  }
  unsynced_ = true;
  return std::exchange(size_, at);
}

void PictureFile::sync() {
  if (!std::exchange(unsynced_, false)) return;
  if (::fdatasync(descriptor_.fd()) != 0) end_by_failed_sync(file_.string(), errno);
}

Result<model::StoredPicture> parse_picture(ByteView bytes) {
  const auto damaged = [](const char* what) { return fail(Code::ledger_damaged, what); };
  if (bytes.size() < kHead || !as_text(bytes).starts_with(kMagic)) return damaged("no picture begins here");
  const std::size_t picture = load32(bytes.data() + 8);
  const std::size_t id = load16(bytes.data() + 12);
  const std::size_t type = load16(bytes.data() + 14);
  if (picture > kMostPicture || id > kMostText || type > kMostText) return damaged("a length past its bound");
  const auto whole = kHead + id + type + picture;
  if (bytes.size() < whole) return damaged("the end of the file comes before the end of the picture");
  if (hash::crc32c(bytes.subspan(8, whole - 8)) != load32(bytes.data() + 4)) return damaged("checksum");
  model::StoredPicture out;
  out.device = model::DeviceId{std::string{as_text(bytes.subspan(kHead, id))}};
  out.picture.content_type = as_text(bytes.subspan(kHead + id, type));
  const auto data = bytes.subspan(kHead + id + type, picture);
  out.picture.data.assign(data.begin(), data.end());
  return out;
}

Result<model::StoredPicture> read_picture(const std::filesystem::path& file, std::uint64_t offset) {
  const net::Descriptor opened{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!opened) return fail(Code::events_expired, file.filename().string());
  struct stat info {};
  if (::fstat(opened.fd(), &info) != 0) return fail(disk_error(file.filename().string(), errno));
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (offset >= size) return fail(Code::ledger_damaged, "past the end of " + file.filename().string());
  Bytes head(std::min<std::uint64_t>(kHead, size - offset));
  if (::pread(opened.fd(), head.data(), head.size(), static_cast<off_t>(offset)) !=
      static_cast<ssize_t>(head.size()))
    return fail(disk_error(file.filename().string(), errno));
  if (head.size() < kHead) return parse_picture(head);
  const auto whole = std::min<std::uint64_t>(
      kHead + std::uint64_t{load32(head.data() + 8)} + load16(head.data() + 12) + load16(head.data() + 14),
      kHead + kMostPicture + 2 * kMostText);
  Bytes record(std::min(whole, size - offset));
  if (::pread(opened.fd(), record.data(), record.size(), static_cast<off_t>(offset)) !=
      static_cast<ssize_t>(record.size()))
    return fail(disk_error(file.filename().string(), errno));
  return parse_picture(record);
}

}  // namespace camfleet::storage
