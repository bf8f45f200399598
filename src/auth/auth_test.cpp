#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "auth/admin_token.h"
#include "auth/live_tokens.h"
#include "auth/sealed_box.h"
#include "auth/secret_key.h"
#include "base/bytes.h"

namespace camfleet::auth {
namespace {

using std::chrono::seconds;

class ManualClock final : public Clock {
 public:
  SteadyTime steady() const override { return SteadyTime{passed + std::chrono::hours{1}}; }
  WallTime wall() const override { return WallTime{std::chrono::seconds{1'763'820'000}} + passed; }
  seconds passed{0};
};

class Directory : public testing::Test {
 protected:
  Directory() {
    std::string pattern = testing::TempDir() + "camfleet-auth-XXXXXX";
    path = ::mkdtemp(pattern.data());
  }
  ~Directory() override { std::filesystem::remove_all(path); }
  static unsigned mode(const std::filesystem::path& file) {
    struct stat is {};
    return ::stat(file.c_str(), &is) == 0 ? is.st_mode & 07777 : 0;
  }
  void write(const std::string& name, std::string_view content, unsigned mode = 0600) {
    std::ofstream{path / name, std::ios::binary} << content;
    ::chmod((path / name).c_str(), mode);
  }
  std::filesystem::path path;
};

using SecretKeyFile = Directory;
using AdminTokenFile = Directory;
using LiveTokensTest = Directory;

KeyBytes bytes_of(std::uint8_t n) {
  KeyBytes bytes{};
  bytes.fill(n);
  return bytes;
}

TEST_F(SecretKeyFile, is_made_once_and_only_its_owner_may_read_it) {
  const auto first = SecretKey::load_or_create(path);
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(mode(path / "secret.key"), 0600U);
  const auto second = SecretKey::load_or_create(path);
  ASSERT_TRUE(second);
  EXPECT_EQ(first->derive("a"), second->derive("a"));
  EXPECT_NE(first->derive("a"), first->derive("b"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{path}, {}), 1);
}

TEST_F(SecretKeyFile, one_that_others_may_read_or_of_a_wrong_length_is_refused) {
  write("secret.key", std::string(32, 'k'), 0644);
  EXPECT_EQ(SecretKey::load_or_create(path).error().code, Code::config_exposed);
  for (const std::size_t length : {0U, 31U, 33U, 4096U}) {
    write("secret.key", std::string(length, 'k'));
    EXPECT_EQ(SecretKey::load_or_create(path).error().code, Code::auth_secret_unreadable) << length;
  }
  write("secret.key", std::string(32, 'k'));
  EXPECT_TRUE(SecretKey::load_or_create(path));
  std::filesystem::remove(path / "secret.key");
  std::filesystem::create_symlink("/dev/zero", path / "secret.key");
  EXPECT_EQ(SecretKey::load_or_create(path).error().code, Code::auth_secret_unreadable);
}

TEST_F(SecretKeyFile, a_directory_that_cannot_be_written_says_so) {
  EXPECT_EQ(SecretKey::load_or_create("/proc/self").error().code, Code::config_data_dir_unwritable);
}

TEST(SealedBox, opens_what_it_sealed_and_never_seals_twice_alike) {
  const SealedBox box{SecretKey::from_bytes(bytes_of(1))};
  for (const auto& plain :
       {std::string{}, std::string{"a"}, std::string(500, 'x'), std::string("\0\xFF", 2)}) {
    const auto sealed = box.seal(Secret{plain}, "device/gate-7/password");
    const auto opened = box.open(sealed, "device/gate-7/password");
    ASSERT_TRUE(opened);
    EXPECT_TRUE(opened->equals(plain));
    EXPECT_NE(sealed, box.seal(Secret{plain}, "device/gate-7/password"));
    if (plain.size() > 1) {
      EXPECT_EQ(sealed.find(plain), std::string::npos);
    }
  }
}

TEST(SealedBox, any_change_another_key_or_another_place_does_not_open) {
  const SealedBox box{SecretKey::from_bytes(bytes_of(1))};
  const SealedBox other{SecretKey::from_bytes(bytes_of(2))};
  const auto sealed = box.seal(Secret{"hik12345"}, "device/a/password");
  EXPECT_FALSE(box.open(sealed, "device/b/password"));
  EXPECT_FALSE(other.open(sealed, "device/a/password"));
  for (std::size_t i = 0; i < sealed.size(); ++i)
    for (const char c : {'A', 'B', '-', '.', '\0', '='}) {
      auto changed = sealed;
      if (changed[i] == c) continue;
      changed[i] = c;
      EXPECT_FALSE(box.open(changed, "device/a/password")) << i;
    }
  for (std::size_t length = 0; length < sealed.size(); ++length)
    EXPECT_FALSE(box.open(sealed.substr(0, length), "device/a/password")) << length;
  EXPECT_FALSE(box.open(sealed + "A", "device/a/password"));
  EXPECT_FALSE(box.open("s1." + std::string(1 << 20, 'A'), "device/a/password"));
}

TEST_F(AdminTokenFile, is_256_random_bits_that_only_the_owner_may_read) {
  const auto token = AdminToken::load_or_create(path);
  ASSERT_TRUE(token) << token.error().text();
  EXPECT_EQ(token->secret().reveal().size(), 64U);
  EXPECT_EQ(mode(path / "admin.token"), 0600U);
  const auto again = AdminToken::load_or_create(path);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->matches(token->secret().reveal()));
}

TEST_F(AdminTokenFile, one_that_others_may_read_is_refused) {
  write("admin.token", std::string(64, 'a') + "\n", 0640);
  const auto token = AdminToken::load_or_create(path);
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, Code::config_exposed);
  EXPECT_NE(token.error().place.find("0640"), std::string::npos);
  for (const auto& text :
       {std::string{}, std::string{"short"}, std::string(600, 'a'), std::string(32, ' ')}) {
    write("admin.token", text);
    EXPECT_FALSE(AdminToken::load_or_create(path)) << text.size();
  }
}

TEST(AdminToken, is_asked_for_by_bearer_alone) {
  const auto token = AdminToken::given(Secret{"0123456789abcdef"});
  ASSERT_TRUE(token);
  EXPECT_TRUE(token->check("Bearer 0123456789abcdef"));
  EXPECT_TRUE(token->check("bearer  0123456789abcdef "));
  for (const char* missing :
       {"", "Bearer", "Bearer ", "Basic 0123456789abcdef", "0123456789abcdef", "Bearer0123456789abcdef"})
    EXPECT_EQ(token->check(missing).error().code, Code::auth_missing) << missing;
  for (const char* wrong :
       {"Bearer 0123456789abcdee", "Bearer 0123456789abcde", "Bearer 0123456789abcdef0", "Bearer x"})
    EXPECT_EQ(token->check(wrong).error().code, Code::auth_invalid) << wrong;
  EXPECT_EQ(token->check("Bearer " + std::string(16'384, 'a')).error().code, Code::auth_invalid);
}

TEST(AdminToken, one_from_the_environment_must_be_hard_to_guess) {
  EXPECT_EQ(AdminToken::given(Secret{"admin"}).error().code, Code::config_invalid);
  EXPECT_EQ(AdminToken::given(Secret{"with blanks in the middle"}).error().code, Code::config_invalid);
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

struct Live {
  ManualClock clock;
  SecretKey key = SecretKey::from_bytes(bytes_of(7));
  std::unique_ptr<LiveTokens> tokens;
  model::StreamKey stream = *model::parse_stream_key("gate-7/2/sub");
  explicit Live(const std::filesystem::path& file = {}) { reopen(file); }
  void reopen(const std::filesystem::path& file) { tokens = std::move(*LiveTokens::open(key, file, clock)); }
  Code code(std::string_view token) const {
    const auto grant = tokens->admit(stream, token);
    return grant ? Code::ok : grant.error().code;
  }
};

TEST(LiveTokens, admit_to_their_stream_until_they_expire) {
  Live live;
  const auto made = *live.tokens->make(live.stream, seconds{60});
  const auto grant = live.tokens->admit(live.stream, made.token);
  ASSERT_TRUE(grant) << grant.error().text();
  EXPECT_EQ(grant->id, made.grant.id);
  EXPECT_EQ(grant->stream, live.stream);
  EXPECT_EQ(grant->start_before, live.clock.wall() + seconds{60});
  live.clock.passed = seconds{59};
  EXPECT_EQ(live.code(made.token), Code::ok);
  live.clock.passed = seconds{60};
  EXPECT_EQ(live.code(made.token), Code::auth_expired);
  EXPECT_TRUE(live.tokens->still_good(*grant));  // who began in time goes on
}

TEST(LiveTokens, of_long_names_fit_into_the_userinfo_that_ffmpeg_keeps) {
  Live live;
  const auto stream = model::parse_stream_key(std::string(64, 'n') + "/64/main");
  ASSERT_TRUE(stream);
  const auto made = *live.tokens->make(*stream, seconds{60});
  EXPECT_LE(std::string_view{"live:"}.size() + made.token.size(), 127u);
  EXPECT_TRUE(live.tokens->admit(*stream, made.token));
}

TEST(LiveTokens, are_for_one_stream) {
  Live live;
  const auto made = *live.tokens->make(live.stream, seconds{60});
  for (const char* other : {"gate-7/2/main", "gate-7/1/sub", "gate-8/2/sub"}) {
    const auto grant = live.tokens->admit(*model::parse_stream_key(other), made.token);
    ASSERT_FALSE(grant);
    EXPECT_EQ(grant.error().code, Code::auth_wrong_stream);
  }
}

TEST(LiveTokens, every_change_of_every_byte_is_refused) {
  Live live;
  const auto token = live.tokens->make(live.stream, seconds{60})->token;
  for (std::size_t i = 0; i < token.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      auto changed = token;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_EQ(live.code(changed), Code::auth_invalid) << i << " bit " << bit;
    }
  for (std::size_t length = 1; length < token.size(); ++length)
    EXPECT_EQ(live.code(token.substr(0, length)), Code::auth_invalid) << length;
  EXPECT_EQ(live.code(token + "A"), Code::auth_invalid);
  EXPECT_EQ(live.code(token + "="), Code::auth_invalid);
  EXPECT_EQ(live.code(""), Code::auth_missing);
}

TEST(LiveTokens, of_another_key_16_kib_or_no_algorithm_are_refused) {
  Live live;
  const auto foreign = LiveTokens::open(SecretKey::from_bytes(bytes_of(8)), {}, live.clock);
  EXPECT_EQ(live.code((*foreign)->make(live.stream, seconds{60})->token), Code::auth_invalid);
  EXPECT_EQ(live.code(std::string(16'384, 'A')), Code::auth_invalid);
  EXPECT_EQ(live.code("v1." + std::string(16'384, 'A')), Code::auth_invalid);
  for (const char* bad :
       {"v1", "v1.", "v1..", "v1...", "none.e30.", "eyJhbGciOiJub25lIn0.e30.", "..", "v1.\xFF.\xFF"})
    EXPECT_EQ(live.code(bad), Code::auth_invalid) << bad;
}

TEST_F(LiveTokensTest, revoked_ones_stay_revoked_over_a_restart) {
  const auto file = path / "revoked-tokens";
  Live live{path};
  const auto a = *live.tokens->make(live.stream, seconds{600});
  const auto b = *live.tokens->make(live.stream, seconds{500});
  EXPECT_EQ(live.tokens->list().size(), 2U);
  EXPECT_EQ(live.tokens->list()[0].id, b.grant.id);
  ASSERT_TRUE(live.tokens->revoke(a.grant.id));
  EXPECT_FALSE(live.tokens->still_good(a.grant));
  EXPECT_EQ(live.code(a.token), Code::auth_revoked);
  EXPECT_EQ(live.code(b.token), Code::ok);
  EXPECT_EQ(live.tokens->list().size(), 1U);
  EXPECT_EQ(mode(file), 0600U);

  live.reopen(path);
  EXPECT_EQ(live.code(a.token), Code::auth_revoked);
  EXPECT_EQ(live.code(b.token), Code::ok);
  ASSERT_TRUE(live.tokens->revoke(b.grant.id));  // made before the restart
  EXPECT_EQ(live.code(b.token), Code::auth_revoked);
  EXPECT_EQ(live.tokens->revoke("../../etc/passwd").error().code, Code::auth_invalid);
}

TEST_F(LiveTokensTest, a_damaged_list_of_revocations_is_not_taken_for_an_empty_one) {
  write("revoked-tokens", "not a list\n");
  const auto tokens = LiveTokens::open(SecretKey::from_bytes(bytes_of(1)), path);
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().code, Code::storage_failed);
}

TEST(LiveTokens, live_a_day_at_most) {
  Live live;
  const auto made = *live.tokens->make(live.stream, std::chrono::hours{1'000});
  EXPECT_EQ(made.grant.start_before, live.clock.wall() + LiveTokens::kMaxTtl);
}

TEST_F(LiveTokensTest, made_before_a_restart_are_listed_after_it_and_can_be_revoked) {
  Live live{path};
  const auto a = *live.tokens->make(live.stream, seconds{600}, "5f0c21aa");
  const auto b = *live.tokens->make(*model::parse_stream_key("gate-8/1/main"), seconds{60});
  const auto c = *live.tokens->make(live.stream, seconds{700});
  ASSERT_TRUE(live.tokens->keep());
  ASSERT_TRUE(live.tokens->revoke(c.grant.id));
  EXPECT_EQ(mode(path / "live-tokens"), 0600U);
  const auto written = content_of(path / "live-tokens");
  EXPECT_EQ(written.find(a.token.substr(a.token.rfind('.') + 1)), std::string::npos) << "no part that opens";

  live.clock.passed = seconds{61};
  live.reopen(path);
  const auto listed = live.tokens->list();
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].id, a.grant.id);
  EXPECT_EQ(listed[0].stream, a.grant.stream);
  EXPECT_EQ(listed[0].start_before, a.grant.start_before);
  ASSERT_TRUE(live.tokens->revoke(a.grant.id));
  EXPECT_EQ(live.code(a.token), Code::auth_revoked);
  live.reopen(path);
  EXPECT_TRUE(live.tokens->list().empty());
}

}  // namespace
}  // namespace camfleet::auth
