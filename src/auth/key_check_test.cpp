#include "auth/key_check.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "auth/sealed_box.h"

namespace camfleet::auth {
namespace {

class FindKey : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "camfleet-key-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  Code refused(bool used, bool accept_new = false) {
    const auto key = find_key(dir_, used, accept_new);
    return key ? Code::ok : key.error().code;
  }
  void put_another_key() {
    std::filesystem::remove(dir_ / "secret.key");
    ASSERT_TRUE(SecretKey::load_or_create(dir_));
  }

  std::filesystem::path dir_;
};

TEST_F(FindKey, a_new_directory_gets_a_key_and_keeps_it) {
  ASSERT_EQ(refused(false), Code::ok);
  const auto first = find_key(dir_, true, false);
  ASSERT_TRUE(first);
  const auto sealed = SealedBox{*first}.seal(Secret{"p"}, "x");
  const auto second = find_key(dir_, true, false);
  ASSERT_TRUE(second);
  EXPECT_TRUE(SealedBox{*second}.open(sealed, "x")->equals("p"));
}

TEST_F(FindKey, a_missing_key_is_not_replaced_in_silence) {
  ASSERT_EQ(refused(false), Code::ok);
  std::filesystem::remove(dir_ / "secret.key");
  EXPECT_EQ(refused(true), Code::auth_key_missing);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "secret.key"));
  EXPECT_EQ(refused(true, true), Code::ok);
  EXPECT_EQ(refused(true), Code::ok) << "accepted once, it is the key from then on";
}

TEST_F(FindKey, the_key_of_another_installation_is_noticed) {
  ASSERT_EQ(refused(false), Code::ok);
  put_another_key();
  EXPECT_EQ(refused(true), Code::auth_key_wrong);
  EXPECT_EQ(refused(false), Code::auth_key_wrong) << "also where the registry is gone";
  EXPECT_EQ(refused(true, true), Code::ok);
  EXPECT_EQ(refused(true), Code::ok);
}

TEST_F(FindKey, a_directory_from_before_the_check_is_taken_as_it_is) {
  put_another_key();
  EXPECT_EQ(refused(true), Code::ok);
  EXPECT_TRUE(std::filesystem::exists(dir_ / "key.check"));
}

TEST_F(FindKey, a_check_that_is_damaged_counts_as_another_key) {
  ASSERT_EQ(refused(false), Code::ok);
  std::ofstream{dir_ / "key.check"} << "s1.AAAA";
  EXPECT_EQ(refused(true), Code::auth_key_wrong);
  std::ofstream{dir_ / "key.check"} << std::string(5000, 'A');
  EXPECT_EQ(refused(true), Code::auth_secret_unreadable);
}

}  // namespace
}  // namespace camfleet::auth
