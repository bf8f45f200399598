#include "proto/digest/challenge.h"

#include <gtest/gtest.h>

#include <fstream>

namespace camfleet::digest {
namespace {

std::vector<std::string> lines_of(const std::string& name) {
  std::ifstream file{CAMFLEET_SOURCE_DIR "/src/proto/digest/testdata/" + name};
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

Challenge only(std::string_view value) {
  const auto found = parse_challenges(value);
  EXPECT_EQ(found.size(), 1U) << value;
  return found.empty() ? Challenge{} : found.front();
}

TEST(Challenge, reads_every_captured_line) {
  const auto lines = lines_of("challenges.txt");
  ASSERT_EQ(lines.size(), 7U);

  const auto recorder = only(lines[0]);
  EXPECT_EQ(recorder.realm, "c504892f438ee5f2114e9fdd");
  EXPECT_EQ(recorder.nonce, "158ca9b5cb4b32a578432756aef2a189:1669838955551");
  EXPECT_EQ(recorder.opaque, "");
  EXPECT_EQ(recorder.algorithm_text, "MD5");
  EXPECT_TRUE(recorder.qop);
  EXPECT_FALSE(recorder.stale);

  EXPECT_EQ(only(lines[1]).scheme, Scheme::basic);
  EXPECT_EQ(only(lines[2]).opaque, "799d5");
  EXPECT_EQ(only(lines[2]).nonce, "2f71074c46e7d10e:f26a9b0c5c8deb25a046e444:1a0583dfc7b:0");

  const auto camera = only(lines[3]);
  EXPECT_EQ(camera.realm, "IP Camera(GK713)");
  EXPECT_EQ(camera.algorithm, Algorithm::md5);
  EXPECT_EQ(camera.algorithm_text, "");
  EXPECT_FALSE(camera.opaque);
  EXPECT_EQ(only(lines[4]).realm, "DVRNVRDVS");
  EXPECT_FALSE(only(lines[5]).stale);
  EXPECT_TRUE(only(lines[6]).stale);
}

TEST(Challenge, several_in_one_value) {
  const auto found = parse_challenges(
      R"(Digest realm="HIK Device", qop="auth", nonce="a, b=\"c", algorithm="MD5", stale="FALSE", )"
      R"(Digest realm="HIK Device", qop="auth,auth-int", nonce="bm9uY2U==", algorithm=SHA-256, stale=true, Basic realm="x")");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].nonce, "a, b=\"c");
  EXPECT_EQ(found[1].algorithm, Algorithm::sha256);
  EXPECT_EQ(found[1].nonce, "bm9uY2U==");
  EXPECT_TRUE(found[1].stale);
  EXPECT_EQ(found[2].scheme, Scheme::basic);
}

TEST(Challenge, odd_spellings) {
  EXPECT_EQ(only("digest nonce=bm9uY2U=,realm=plain").nonce, "bm9uY2U=");
  EXPECT_EQ(only(R"(Digest  realm = "a" ,, nonce = "b", random="42")").realm, "a");
  EXPECT_TRUE(only(R"(Digest realm="a", nonce="b", stale=TRUE)").stale);
  EXPECT_TRUE(only(R"(Digest realm="a", nonce="b", stale="True")").stale);
  EXPECT_FALSE(only(R"(Digest realm="a", nonce="b", qop="")").qop);
  EXPECT_EQ(only(R"(Digest realm="a", nonce="b", algorithm="md5")").algorithm_text, "md5");
  EXPECT_EQ(only(R"(Negotiate, NTLM abc==, Digest realm="a", nonce="b")").nonce, "b");
}

TEST(Challenge, leaves_out_what_cannot_be_used) {
  EXPECT_TRUE(parse_challenges("").empty());
  EXPECT_TRUE(parse_challenges(" , ,\"\\").empty());
  EXPECT_TRUE(parse_challenges("Bearer realm=\"x\"").empty());
  EXPECT_TRUE(parse_challenges("Digest realm=\"no nonce\"").empty());
  EXPECT_TRUE(parse_challenges(R"(Digest realm="a", nonce="b", algorithm="SHA-512-256")").empty());
  EXPECT_TRUE(parse_challenges(R"(Digest realm="a", nonce="b", qop="auth-int")").empty());
}

TEST(Challenge, limits) {
  const auto with_nonce = [](std::size_t size) {
    return "Digest realm=\"a\", nonce=\"" + std::string(size, 'n') + '"';
  };
  EXPECT_EQ(parse_challenges(with_nonce(kMaxParameter)).size(), 1U);
  EXPECT_TRUE(parse_challenges(with_nonce(kMaxParameter + 1)).empty());
  EXPECT_TRUE(parse_challenges(with_nonce(1 << 20)).empty());
  std::string many;
  for (int i = 0; i < 100; ++i) many += "Basic realm=\"a\", ";
  EXPECT_EQ(parse_challenges(many).size(), kMaxChallenges);
}

}  // namespace
}  // namespace camfleet::digest
