#pragma once
#include <filesystem>

#include "model/event_store.h"
#include "net/descriptor.h"

namespace camfleet::storage {

// Ends the process: the kernel could not say that what was written is on the disk. It forgets which pages
// those were, so a second try that succeeds would prove nothing; a new start reads what is really there.
[[noreturn]] void end_by_failed_sync(const std::string& what, int system_error);

// fsync of a directory, so that a new file in it is found again.
void sync_directory(const std::filesystem::path& directory);

// Pictures of events, one after the other in a file that only grows. A picture is found by its offset; what a
// crash left half written has no event that names it. One thread.
//
// A record: "CFP1", CRC-32C of what follows, length of the picture, length of the device's id, length of the
// content type (big-endian, 4, 4, 2, 2 bytes), the id, the type, the picture.
class PictureFile {
 public:
  // Opens or makes it. ledger.*
  static Result<PictureFile> open(const std::filesystem::path& file);

  // Returns the offset. Not on disk before sync(). ledger.full, ledger.read_only, ledger.failed: it is as if
  // it had not been tried.
  Result<std::uint64_t> append(const model::DeviceId& device, const model::EventPicture& picture);
  // On disk; a failure ends the process.
  void sync();

 private:
  PictureFile(std::filesystem::path file, net::Descriptor descriptor, std::uint64_t size)
      : file_(std::move(file)), descriptor_(std::move(descriptor)), size_(size) {}

  std::filesystem::path file_;
  net::Descriptor descriptor_;
  std::uint64_t size_ = 0;
  bool unsynced_ = false;
};

// The record that begins at `bytes`; ledger.damaged.
Result<model::StoredPicture> parse_picture(ByteView bytes);
// events.expired where there is no such file, ledger.damaged.
Result<model::StoredPicture> read_picture(const std::filesystem::path& file, std::uint64_t offset);

// What a failed write means for the ledger.
Error disk_error(const std::string& what, int system_error);

}  // namespace camfleet::storage
