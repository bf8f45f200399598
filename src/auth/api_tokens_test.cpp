#include "auth/api_tokens.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

namespace camfleet::auth {
namespace {

using std::chrono::seconds;

class ManualClock final : public Clock {
 public:
  SteadyTime steady() const override { return SteadyTime{passed + std::chrono::hours{1}}; }
  WallTime wall() const override { return WallTime{seconds{1'763'820'000}} + passed; }
  seconds passed{0};
};

class ApiTokensTest : public testing::Test {
 protected:
  ApiTokensTest() {
    std::string pattern = testing::TempDir() + "camfleet-tokens-XXXXXX";
    path = ::mkdtemp(pattern.data());
    file = path / "api-tokens";
    reopen();
  }
  ~ApiTokensTest() override {
    tokens.reset();
    std::filesystem::remove_all(path);
  }
  void reopen() {
    tokens.reset();
    auto opened = ApiTokens::open(key, file, clock);
    ASSERT_TRUE(opened) << opened.error().text();
    tokens = std::move(*opened);
  }
  Code code(std::string_view token) const {
    const auto found = tokens->find(token);
    return found ? Code::ok : found.error().code;
  }
  std::string content() const {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  void write(std::string_view text) const { std::ofstream{file, std::ios::binary} << text; }

  ManualClock clock;
  SecretKey key = SecretKey::from_bytes({});
  std::filesystem::path path, file;
  std::unique_ptr<ApiTokens> tokens;
};

TEST_F(ApiTokensTest, tell_whose_they_are_also_after_a_restart) {
  const auto made = tokens->add("门卫 console", Role::operate, seconds{60});
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_TRUE(made->token.reveal().starts_with("cft_"));
  EXPECT_EQ(made->token.reveal().size(), 76U);
  for (int turn = 0; turn < 2; ++turn, reopen()) {
    const auto who = tokens->find(made->token.reveal());
    ASSERT_TRUE(who) << turn;
    EXPECT_EQ(who->kind, Principal::Kind::api_token);
    EXPECT_EQ(who->role, Role::operate);
    EXPECT_EQ(who->id, made->kept.id);
    EXPECT_EQ(who->name, "门卫 console");
    EXPECT_EQ(who->expires_at, clock.wall() + seconds{60});
  }
}

TEST_F(ApiTokensTest, keep_the_devices_that_they_are_limited_to) {
  const auto scope = std::make_shared<model::Scope>();
  scope->tags = {"north", "a, b 门"};
  scope->devices = {*model::parse_device_id("gate-7")};
  const auto plain = tokens->add("a", Role::view, {});
  ASSERT_TRUE(plain);
  EXPECT_TRUE(content().starts_with("camfleet-api-tokens 1\n")) << "an older gateway may read it";
  const auto made = tokens->add("b", Role::operate, {}, scope);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_TRUE(content().starts_with("camfleet-api-tokens 2\n")) << "an older gateway must not";
  for (int turn = 0; turn < 2; ++turn, reopen()) {
    const auto who = tokens->find(made->token.reveal());
    ASSERT_TRUE(who);
    ASSERT_TRUE(who->scope);
    EXPECT_EQ(*who->scope, *scope);
    EXPECT_EQ(tokens->find(plain->token.reveal())->scope, nullptr);
    EXPECT_EQ(tokens->scope_of(plain->kept.id), nullptr);
    EXPECT_EQ(*tokens->scope_of("ffffffff"), model::Scope{}) << "of no token: nothing";
  }
  const auto whole = content();
  write(whole.substr(0, whole.rfind(',')) + ",x\n");
  tokens.reset();
  EXPECT_FALSE(ApiTokens::open(key, file, clock)) << "a limit that cannot be read is no limit to ignore";
}

TEST_F(ApiTokensTest, refuse_a_limit_that_is_none) {
  const auto refused = [&](model::Scope scope) {
    const auto made = tokens->add("a", Role::view, {}, std::make_shared<model::Scope>(std::move(scope)));
    return !made && made.error().code == Code::api_bad_request;
  };
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused({{""}, {}}));
  EXPECT_TRUE(refused({{std::string(65, 'a')}, {}}));
  EXPECT_TRUE(refused({{"a\nb"}, {}}));
  EXPECT_TRUE(refused({std::vector<std::string>(33, "a"), {}}));
  EXPECT_TRUE(refused({{}, std::vector<model::DeviceId>(65, *model::parse_device_id("a"))}));
  EXPECT_FALSE(refused({std::vector<std::string>(32, std::string(64, 'a')),
                        std::vector<model::DeviceId>(64, *model::parse_device_id(std::string(64, 'a')))}));
  reopen();
}

TEST_F(ApiTokensTest, are_kept_as_a_keyed_hash_that_only_the_owner_may_read) {
  const auto made = tokens->add("a", Role::view, {});
  ASSERT_TRUE(made);
  const auto token = made->token.reveal();
  EXPECT_EQ(content().find(token.substr(4, 64)), std::string::npos);
  struct stat is {};
  ASSERT_EQ(::stat(file.c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 07777, 0600U);
  // Of another installation's key the same file opens nothing.
  tokens.reset();
  KeyBytes other{};
  other.fill(9);
  const auto foreign = ApiTokens::open(SecretKey::from_bytes(other), file, clock);
  ASSERT_TRUE(foreign);
  EXPECT_EQ((*foreign)->find(token).error().code, Code::auth_invalid);
}

TEST_F(ApiTokensTest, every_change_of_every_byte_is_refused) {
  const auto made = tokens->add("a", Role::admin, {});
  ASSERT_TRUE(made);
  const std::string token{made->token.reveal()};
  ASSERT_EQ(code(token), Code::ok);
  for (std::size_t i = 0; i < token.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      auto changed = token;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_EQ(code(changed), Code::auth_invalid) << i << " bit " << bit;
    }
  for (std::size_t length = 0; length < token.size(); ++length)
    EXPECT_EQ(code(token.substr(0, length)), Code::auth_invalid) << length;
  EXPECT_EQ(code(token + "0"), Code::auth_invalid);
  EXPECT_EQ(code("cft_" + std::string(1 << 20, 'a')), Code::auth_invalid);
}

TEST_F(ApiTokensTest, expire_and_are_forgotten_later) {
  const auto made = tokens->add("a", Role::view, seconds{60});
  ASSERT_TRUE(made);
  clock.passed = seconds{59};
  EXPECT_EQ(code(made->token.reveal()), Code::ok);
  EXPECT_TRUE(tokens->still_good(made->kept.id));
  clock.passed = seconds{60};
  EXPECT_EQ(code(made->token.reveal()), Code::auth_expired);
  EXPECT_FALSE(tokens->still_good(made->kept.id));
  ASSERT_TRUE(tokens->add("b", Role::view, {}));
  EXPECT_EQ(tokens->list().size(), 2U);
  clock.passed = seconds{60} + ApiTokens::kKeepExpired;
  ASSERT_TRUE(tokens->add("c", Role::view, {}));
  EXPECT_EQ(tokens->list().size(), 2U);
}

TEST_F(ApiTokensTest, a_removed_one_counts_no_more_from_then_on) {
  const auto a = tokens->add("a", Role::view, {});
  const auto b = tokens->add("b", Role::view, {});
  ASSERT_TRUE(a && b);
  ASSERT_TRUE(tokens->remove(a->kept.id));
  for (int turn = 0; turn < 2; ++turn, reopen()) {
    EXPECT_EQ(code(a->token.reveal()), Code::auth_invalid);
    EXPECT_FALSE(tokens->still_good(a->kept.id));
    EXPECT_EQ(code(b->token.reveal()), Code::ok);
  }
  EXPECT_EQ(tokens->remove(a->kept.id).error().code, Code::auth_invalid);
  EXPECT_EQ(tokens->remove("../../etc/passwd").error().code, Code::auth_invalid);
}

TEST_F(ApiTokensTest, what_cannot_be_written_was_not_made_and_what_was_removed_stays_removed) {
  const auto made = tokens->add("a", Role::view, {});
  ASSERT_TRUE(made);
  std::filesystem::rename(path, path.string() + ".gone");
  EXPECT_EQ(tokens->add("b", Role::view, {}).error().code, Code::storage_failed);
  EXPECT_EQ(tokens->list().size(), 1U);
  EXPECT_EQ(tokens->remove(made->kept.id).error().code, Code::storage_failed);
  EXPECT_EQ(code(made->token.reveal()), Code::auth_invalid);
  std::filesystem::rename(path.string() + ".gone", path);
}

TEST_F(ApiTokensTest, are_bounded_in_number) {
  tokens = std::move(*ApiTokens::open(key, {}, clock));
  for (std::size_t i = 0; i < ApiTokens::kMaxTokens; ++i)
    ASSERT_TRUE(tokens->add("n", Role::view, seconds{60}));
  EXPECT_EQ(tokens->add("n", Role::view, {}).error().code, Code::auth_too_many_tokens);
  ASSERT_TRUE(tokens->remove(tokens->list()[500].id));
  EXPECT_TRUE(tokens->add("n", Role::view, {}));
}

TEST_F(ApiTokensTest, bad_names_and_times_are_refused) {
  for (const auto& name : {std::string{}, std::string(65, 'a'), std::string("a\nb"), std::string("a\0b", 3),
                           std::string("\xFF"), std::string("\x7F")})
    EXPECT_EQ(tokens->add(name, Role::view, {}).error().code, Code::api_bad_request);
  for (const seconds ttl : {seconds{0}, seconds{-1}, ApiTokens::kMaxTtl + seconds{1}})
    EXPECT_EQ(tokens->add("a", Role::view, ttl).error().code, Code::api_bad_request);
  EXPECT_TRUE(tokens->add("a b <script>", Role::view, ApiTokens::kMaxTtl));
}

TEST_F(ApiTokensTest, their_use_is_noted_to_the_minute_and_kept) {
  const auto made = tokens->add("a", Role::view, {});
  ASSERT_TRUE(made);
  EXPECT_EQ(tokens->list()[0].last_used, std::nullopt);
  EXPECT_FALSE(tokens->uses_due());
  ASSERT_EQ(code(made->token.reveal()), Code::ok);
  const auto first = clock.wall();
  clock.passed = seconds{30};
  ASSERT_EQ(code(made->token.reveal()), Code::ok);
  EXPECT_EQ(tokens->list()[0].last_used, first);
  EXPECT_FALSE(tokens->uses_due());
  clock.passed = ApiTokens::kSaveUses;
  EXPECT_TRUE(tokens->uses_due());
  EXPECT_FALSE(tokens->uses_due()) << "one saves";
  ASSERT_TRUE(tokens->save_uses());
  clock.passed += ApiTokens::kSaveUses;
  EXPECT_FALSE(tokens->uses_due()) << "nothing new";
  reopen();
  EXPECT_EQ(tokens->list()[0].last_used, first);
}

TEST_F(ApiTokensTest, a_damaged_file_is_refused_whole) {
  ASSERT_TRUE(tokens->add("a", Role::view, {}));
  const auto good = content();
  const auto line = good.substr(good.find('\n') + 1);
  tokens.reset();
  for (const auto& bad : {std::string{"x"}, std::string{"camfleet-api-tokens 3\n"},
                          good.substr(0, good.size() - 5), good + "x\n", good + line,
                          good + std::string(10, '\0'), good.substr(0, 30) + "!" + good.substr(31)}) {
    write(bad);
    const auto opened = ApiTokens::open(key, file, clock);
    ASSERT_FALSE(opened) << bad;
    EXPECT_EQ(opened.error().code, Code::storage_failed);
    EXPECT_NE(opened.error().place.find("api-tokens:"), std::string::npos) << opened.error().place;
  }
  write(good);
  ::chmod(file.c_str(), 0644);
  EXPECT_EQ(ApiTokens::open(key, file, clock).error().code, Code::config_exposed);
}

TEST_F(ApiTokensTest, may_be_changed_and_asked_at_once) {
  tokens = std::move(*ApiTokens::open(key, {}, clock));
  const auto kept = tokens->add("kept", Role::view, {});
  ASSERT_TRUE(kept);
  std::atomic<bool> over{false};
  std::thread asks{[&] {
    while (!over) EXPECT_TRUE(tokens->find(kept->token.reveal()));
  }};
  for (int i = 0; i < 200; ++i) {
    const auto made = tokens->add("n", Role::view, {});
    ASSERT_TRUE(made);
    EXPECT_EQ(code(made->token.reveal()), Code::ok);
    ASSERT_TRUE(tokens->remove(made->kept.id));
    EXPECT_EQ(code(made->token.reveal()), Code::auth_invalid);
  }
  over = true;
  asks.join();
}

}  // namespace
}  // namespace camfleet::auth
