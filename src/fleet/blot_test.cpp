#include "fleet/blot.h"

#include <gtest/gtest.h>

namespace camfleet::fleet {
namespace {

std::string shown(std::string text, const char* password) {
  return blotted(std::move(text), Secret{password}, "admin");
}

TEST(Blot, a_password_is_taken_out_in_every_spelling) {
  EXPECT_EQ(shown("<password>a&b-c 12</password>", "a&b-c 12"), "<password>******</password>");
  EXPECT_EQ(shown("<password>a&amp;b-c 12</password>", "a&b-c 12"), "<password>******</password>");
  EXPECT_EQ(shown("rtsp://admin:a%26b-c%2012@10.0.0.7/", "a&b-c 12"), "rtsp://admin:******@10.0.0.7/");
  EXPECT_EQ(shown("Basic YWRtaW46aGlrMTIzNDU= and aGlrMTIzNDU=", "hik12345"), "Basic ****** and ******");
  EXPECT_EQ(shown("hik12345hik12345", "hik12345"), "************");
}

TEST(Blot, a_short_one_is_no_part_of_other_words) {
  EXPECT_EQ(shown("<id>12</id><size>1280</size>", "12"), "<id>******</id><size>1280</size>");
  EXPECT_EQ(shown("abc", ""), "abc");
  EXPECT_EQ(shown("a ****** b", "******"), "a ****** b");
}

}  // namespace
}  // namespace camfleet::fleet
