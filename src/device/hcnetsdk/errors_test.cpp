#include "device/hcnetsdk/errors.h"

#include <gtest/gtest.h>

namespace camfleet::device::hcnetsdk {
namespace {

TEST(HcNetSdkErrors, numbers_are_classed_by_what_a_gateway_does_about_them) {
  for (const auto& [number, code] :
       {std::pair{159U, Code::tls_handshake_failed}, std::pair{147U, Code::tls_certificate_refused},
        std::pair{156U, Code::sdk_unreadable}, std::pair{1U, Code::device_bad_credentials},
        std::pair{153U, Code::device_locked}, std::pair{189U, Code::device_not_supported},
        std::pair{7U, Code::net_unreachable}, std::pair{99'999U, Code::sdk_failed}})
    EXPECT_EQ(code_of(number), code) << number;
}

TEST(HcNetSdkErrors, what_one_way_of_logging_in_was_told_is_not_asked_by_the_other) {
  EXPECT_TRUE(decides_login(Code::device_bad_credentials));
  EXPECT_TRUE(decides_login(Code::device_locked));
  EXPECT_FALSE(decides_login(Code::tls_handshake_failed));
  EXPECT_FALSE(decides_login(Code::net_unreachable));
}

}  // namespace
}  // namespace camfleet::device::hcnetsdk
