// A record of a ledger's picture file, whatever a crash or a disk made of it: what is read is what was
// written, or it is damaged.
#include "fuzz.h"
#include "proto/hash/hash.h"
#include "storage/picture_file.h"

using namespace camfleet;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, data + size);
  const auto check = [](const Bytes& record) {
    const auto read = storage::parse_picture(record);
    if (!read) {
      require(read.error().code == Code::ledger_damaged);
      return;
    }
    require(read->picture.data.size() <= record.size() && read->device.str().size() <= 256 &&
            read->picture.content_type.size() <= 256);
  };
  check(bytes);
  // With a checksum that is right the lengths alone are left to lie.
  if (bytes.size() < 16) return 0;
  bytes[0] = 'C';
  bytes[1] = 'F';
  bytes[2] = 'P';
  bytes[3] = '1';
  const auto whole =
      16 + std::size_t{load32(bytes.data() + 8)} + load16(bytes.data() + 12) + load16(bytes.data() + 14);
  if (whole <= bytes.size()) store32(bytes.data() + 4, hash::crc32c(ByteView{bytes}.subspan(8, whole - 8)));
  check(bytes);
  return 0;
}
