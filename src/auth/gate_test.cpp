#include "auth/gate.h"

#include <gtest/gtest.h>

namespace camfleet::auth {
namespace {

using std::chrono::seconds;

class ManualClock final : public Clock {
 public:
  SteadyTime steady() const override { return SteadyTime{passed + std::chrono::hours{1}}; }
  WallTime wall() const override { return WallTime{seconds{1'763'820'000}} + passed; }
  seconds passed{0};
};

struct World {
  ManualClock clock;
  SecretKey key = SecretKey::from_bytes({});
  AdminToken admin = *AdminToken::given(Secret{"0123456789abcdef0123"});
  std::unique_ptr<ApiTokens> tokens = *ApiTokens::open(key, {}, clock);
  std::unique_ptr<LiveTokens> live = *LiveTokens::open(key, {}, clock);
  Gate gate{admin, *tokens, *live};
  model::StreamKey stream = *model::parse_stream_key("gate-7/1/main");
  model::StreamKey another = *model::parse_stream_key("gate-8/1/main");

  // "": let in.
  std::string asks(Access need, const std::string& bearer, std::optional<std::string> in_query = {}) const {
    const auto header = bearer.empty() ? std::string{} : "Bearer " + bearer;
    Presented shown{header, {}};
    if (in_query) shown.live_token = *in_query;
    const auto admitted = gate.authorise(need, shown, &stream);
    if (admitted && (need == Access::live) != admitted->grant.has_value())
      return "a grant where none belongs";
    return admitted ? "" : std::string{name(admitted.error().code)};
  }
};

TEST(Gate, each_role_may_what_the_one_before_may_and_what_is_its_own) {
  World world;
  const Access needs[] = {Access::open, Access::view, Access::live, Access::operate, Access::admin};
  const struct {
    std::string bearer;
    int may;  // so many of `needs`
  } callers[] = {
      {"0123456789abcdef0123", 5},
      {std::string{world.tokens->add("a", Role::admin, {})->token.reveal()}, 5},
      {std::string{world.tokens->add("o", Role::operate, {})->token.reveal()}, 4},
      {std::string{world.tokens->add("v", Role::view, {})->token.reveal()}, 3},
  };
  for (const auto& caller : callers)
    for (int i = 0; i < 5; ++i)
      EXPECT_EQ(world.asks(needs[i], caller.bearer), i < caller.may ? "" : "auth.forbidden")
          << caller.may << ' ' << to_text(needs[i]);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(world.asks(needs[i], ""), i == 0 ? "" : "auth.missing");
    EXPECT_EQ(world.asks(needs[i], "guess"), i == 0 ? "" : "auth.invalid");
  }
}

TEST(Gate, a_live_token_opens_its_stream_and_no_route) {
  World world;
  const auto live = world.live->make(world.stream, seconds{60})->token;
  EXPECT_EQ(world.asks(Access::live, "", live), "");
  EXPECT_EQ(world.asks(Access::view, live), "auth.invalid");
  EXPECT_EQ(world.asks(Access::view, "", live), "auth.missing");
  EXPECT_EQ(world.asks(Access::live, live), "auth.invalid") << "not as Bearer";
  const auto other = world.live->make(world.another, seconds{60})->token;
  EXPECT_EQ(world.asks(Access::live, "", other), "auth.wrong_stream");
  // What an address says is what counts: a right header beside it does not mend it.
  EXPECT_EQ(world.asks(Access::live, "0123456789abcdef0123", other), "auth.wrong_stream");
  EXPECT_EQ(world.asks(Access::live, "0123456789abcdef0123", ""), "auth.missing");
}

TEST(Gate, no_other_token_counts_in_an_address_or_as_the_password_of_rtsp) {
  World world;
  const auto made = world.tokens->add("a", Role::admin, {});
  for (const std::string_view token : {std::string_view{"0123456789abcdef0123"}, made->token.reveal()}) {
    EXPECT_EQ(world.asks(Access::live, "", std::string{token}), "auth.invalid");
    EXPECT_EQ(world.gate.admit(world.stream, token).error().code, Code::auth_invalid);
  }
}

TEST(Gate, what_was_begun_with_a_token_ends_with_it) {
  World world;
  const auto made = world.tokens->add("a", Role::view, {});
  const std::string bearer = "Bearer " + std::string{made->token.reveal()};
  const auto watching = world.gate.authorise(Access::live, {bearer, {}}, &world.stream);
  ASSERT_TRUE(watching);
  const auto handed_on = *world.live->make(world.stream, seconds{60}, Gate::issuer_of(watching->who));
  const auto guest = world.gate.admit(world.stream, handed_on.token);
  ASSERT_TRUE(guest) << guest.error().text();
  EXPECT_TRUE(world.gate.still_good(*watching->grant));
  EXPECT_TRUE(world.gate.still_good(watching->who));
  EXPECT_TRUE(world.gate.still_good(*guest));

  ASSERT_TRUE(world.tokens->remove(made->kept.id));
  EXPECT_FALSE(world.gate.still_good(*watching->grant));
  EXPECT_FALSE(world.gate.still_good(watching->who));
  EXPECT_FALSE(world.gate.still_good(*guest));
  EXPECT_EQ(world.gate.admit(world.stream, handed_on.token).error().code, Code::auth_revoked);
}

TEST(Gate, what_was_begun_with_a_token_ends_when_it_expires) {
  World world;
  const auto made = world.tokens->add("a", Role::view, seconds{60});
  const std::string bearer = "Bearer " + std::string{made->token.reveal()};
  const auto watching = world.gate.authorise(Access::live, {bearer, {}}, &world.stream);
  ASSERT_TRUE(watching);
  world.clock.passed = seconds{60};
  EXPECT_FALSE(world.gate.still_good(*watching->grant));
  EXPECT_EQ(world.asks(Access::view, bearer.substr(7)), "auth.expired");
}

TEST(Gate, the_administrators_own_watching_goes_on_and_nobody_is_never_good) {
  World world;
  const auto watching =
      world.gate.authorise(Access::live, {"Bearer 0123456789abcdef0123", {}}, &world.stream);
  ASSERT_TRUE(watching);
  EXPECT_TRUE(world.gate.still_good(*watching->grant));
  EXPECT_TRUE(world.gate.still_good(watching->who));
  EXPECT_FALSE(world.gate.still_good(Principal{}));
  EXPECT_FALSE(allows(Principal{}, Access::view));
  EXPECT_FALSE(allows(Principal{.kind = Principal::Kind::live_token, .role = Role::admin}, Access::view));
}

class Labels final : public model::ScopeCheck {
 public:
  bool covers(const model::Scope& scope, const model::DeviceId& id) const override {
    return id.str() == "gate-7" && scope.covers(id, tags);
  }
  std::vector<std::string> tags{"north"};
};

TEST(Gate, a_limited_token_opens_what_is_in_its_scope_while_it_is_there) {
  World world;
  Labels labels;
  const Gate gate{world.admin, *world.tokens, *world.live, &labels};
  const auto scope = std::make_shared<model::Scope>();
  scope->tags = {"north"};
  const auto made = world.tokens->add("north", Role::view, {}, scope);
  ASSERT_TRUE(made);
  const std::string bearer = "Bearer " + std::string{made->token.reveal()};
  const auto watching = gate.authorise(Access::live, {bearer, {}}, &world.stream);
  ASSERT_TRUE(watching);
  EXPECT_EQ(watching->who.scope, scope);
  const auto handed_on = *world.live->make(world.stream, seconds{60}, Gate::issuer_of(watching->who));
  const auto guest = gate.admit(world.stream, handed_on.token);
  ASSERT_TRUE(guest) << guest.error().text();
  EXPECT_TRUE(gate.still_good(*watching->grant));
  EXPECT_TRUE(gate.still_good(*guest));
  EXPECT_EQ(world.gate.admit(world.stream, handed_on.token).error().code, Code::auth_revoked)
      << "who knows no tags opens nothing";

  labels.tags = {"south"};
  EXPECT_FALSE(gate.still_good(*watching->grant));
  EXPECT_FALSE(gate.still_good(*guest));
  EXPECT_TRUE(gate.still_good(watching->who)) << "the token itself is good";
  EXPECT_EQ(gate.admit(world.stream, handed_on.token).error().code, Code::auth_revoked);
  labels.tags = {"east", "north"};
  EXPECT_TRUE(gate.still_good(*guest));
}

}  // namespace
}  // namespace camfleet::auth
