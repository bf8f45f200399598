#include <gtest/gtest.h>

#include <type_traits>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/text.h"

namespace camfleet {
namespace {

TEST(Error, every_code_has_a_name_of_its_own_and_two_texts) {
  for (int i = 1;; ++i) {
    const auto code = static_cast<Code>(i);
    CodeInfo found;
    try {
      found = info(code);
    } catch (const std::out_of_range&) {
      EXPECT_GT(i, 50);
      break;
    }
    EXPECT_EQ(code_of(found.name), code) << found.name;
    EXPECT_FALSE(found.en.empty());
    EXPECT_FALSE(found.zh.empty());
    EXPECT_NE(found.name.find('.'), std::string_view::npos);
  }
}

TEST(Error, text_names_the_code_and_the_place) {
  EXPECT_EQ((Error{Code::net_timeout, "connect"}.text()), "net.timeout: connect");
}

TEST(Base64, vectors_of_rfc_4648_both_ways) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
    Bytes out;
    EXPECT_TRUE(from_base64(encoded, out));
    EXPECT_EQ(as_text(out), plain);
  }
  Bytes out;
  EXPECT_FALSE(from_base64("Zm9*", out));
}

TEST(Text, parse_int_takes_whole_numbers_only) {
  EXPECT_EQ(parse_int<int>("42"), 42);
  for (const char* bad : {"", " 5", "5 ", "0x5", "1e3", "99999999999999999999", "-"})
    EXPECT_EQ(parse_int<int>(bad), std::nullopt) << bad;
  EXPECT_EQ(parse_int<unsigned>("-1"), std::nullopt);
}

TEST(Text, clean_utf8_replaces_what_cannot_stand_and_keeps_the_rest) {
  EXPECT_EQ(clean_utf8("caf\xC3\xA9"), "caf\xC3\xA9");
  EXPECT_EQ(clean_utf8("a\xFF"
                       "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(clean_utf8("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD");  // overlong
  EXPECT_EQ(clean_utf8("\xED\xA0\x80").size(), 9U);               // a lone surrogate
  EXPECT_TRUE(is_utf8(clean_utf8(std::string_view("\0\xC3", 2))));
}

TEST(Clock, rfc3339_has_milliseconds_and_z) {
  EXPECT_EQ(to_rfc3339(WallTime{std::chrono::microseconds{1'700'000'000'123'456}}),
            "2023-11-14T22:13:20.123Z");
}

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST(Secret, cannot_be_printed_or_copied_by_accident) {
  static_assert(!Printable<Secret>);
  static_assert(!std::is_copy_constructible_v<Secret>);
  static_assert(!std::is_convertible_v<Secret, std::string>);
  Secret a{"canary"};
  EXPECT_TRUE(a.equals("canary"));
  EXPECT_FALSE(a.equals("canarz"));
  const Secret b = std::move(a);
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that it is empty is what is tested
  EXPECT_EQ(b.reveal(), "canary");
}

TEST(Rng, is_repeatable_and_stays_below_its_bound) {
  Rng a{7};
  Rng b{7};
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(a(), b());
    EXPECT_LT(a.below(10), 10U);
    EXPECT_LT(b.below(10), 10U);
    const auto u = a.unit();
    EXPECT_TRUE(u >= 0 && u < 1);
    b.unit();
  }
}

TEST(Metrics, the_same_name_and_labels_are_the_same_counter) {
  auto& one = metrics::counter("camfleet_test_total", "A test.", {{"a", "1"}, {"b", "2"}});
  auto& two = metrics::counter("camfleet_test_total", "A test.", {{"b", "2"}, {"a", "1"}});
  one.add(2);
  EXPECT_EQ(&one, &two);
  EXPECT_EQ(two.value(), 2U);
  auto& histogram = metrics::histogram("camfleet_test_seconds", "A test.", metrics::latency_bounds());
  histogram.observe(0.001);
  histogram.observe(100);
  EXPECT_EQ(histogram.counts().back(), 1U);
  EXPECT_EQ(histogram.counts()[1], 1U);
}

}  // namespace
}  // namespace camfleet
