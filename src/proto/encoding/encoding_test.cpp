#include "proto/encoding/encoding.h"

#include <gtest/gtest.h>

namespace camfleet::encoding {
namespace {

using namespace std::string_literals;

std::string read(const std::string& bytes, Encoding wanted) {
  const auto decoded = decode(bytes);
  if (!decoded) return decoded.error().place;
  EXPECT_EQ(to_text(decoded->encoding), to_text(wanted));
  return decoded->text;
}

TEST(Encoding, what_spreadsheets_write_in_this_country_or_that_becomes_utf8) {
  EXPECT_EQ(read("name,北门\n", Encoding::utf8), "name,北门\n");
  EXPECT_EQ(read("\xEF\xBB\xBFname", Encoding::utf8), "name");
  EXPECT_EQ(read("\xB1\xB1\xC3\xC5", Encoding::gb18030), "北门");
  EXPECT_EQ(read("\x82\x30\x9C\x30", Encoding::gb18030).size(), 3U);  // four bytes, outside GBK
  EXPECT_EQ(read("\xFF\xFE\x17\x53\xE8\x95", Encoding::utf16le), "北门");
  EXPECT_EQ(read("\xFE\xFF\x53\x17\x95\xE8", Encoding::utf16be), "北门");
  EXPECT_EQ(read("\xFF\xFE\x3D\xD8\x00\xDE"s, Encoding::utf16le), "😀");
  EXPECT_EQ(read("", Encoding::utf8), "");
}

TEST(Encoding, what_is_no_text_is_refused_and_nothing_is_guessed) {
  for (const auto& bytes :
       {"a\0b"s, "\xFF\xFE\x17"s, "\xFF\xFE\x00\xD8"s, "\xFF\xFE\x00\x00"s, "\xEF\xBB\xBF\xB1\xB1"s,
        "\xFF\xFF"s, "caf\xE9"s, "a\x80"s, "PK\x03\x04\x00\x00"s, "a\x00,\x00"s})
    EXPECT_EQ(decode(bytes).error().code, Code::api_bad_request) << bytes;
}

}  // namespace
}  // namespace camfleet::encoding
