#include "proto/hash/hash.h"

#include <gtest/gtest.h>

namespace camfleet::hash {
namespace {

TEST(Hash, base32_is_the_one_of_the_rfc_without_padding) {
  EXPECT_EQ(to_base32(as_bytes("")), "");
  EXPECT_EQ(to_base32(as_bytes("f")), "my");
  EXPECT_EQ(to_base32(as_bytes("foob")), "mzxw6yq");
  EXPECT_EQ(to_base32(as_bytes("foobar")), "mzxw6ytboi");
}

TEST(Hash, crc32c_is_the_one_of_the_rfc_and_goes_on) {
  const Bytes zeros(32, 0);
  EXPECT_EQ(crc32c(zeros), 0x8A9136AAU);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283U);
  EXPECT_EQ(crc32c(as_bytes("6789"), crc32c(as_bytes("12345"))), 0xE3069283U);
}

TEST(Hash, parts_are_told_apart_and_the_name_never_changes) {
  EXPECT_NE(name128({"ab", "c"}), name128({"a", "bc"}));
  EXPECT_NE(name128({"a", ""}), name128({"a"}));
  EXPECT_EQ(to_base32(name128({"gate-7", "vmd"})).size(), 26U);
  // It stands in ledgers and in the databases of whoever reads events.
  EXPECT_EQ(to_base32(name128({"gate-7", "vmd"})), "vxb3ha42djcwx7grcwsv3jvjom");
}

}  // namespace
}  // namespace camfleet::hash
