#include "sdkhost/abi_errors.h"

#include <gtest/gtest.h>

namespace camfleet::sdkhost::abi {
namespace {

TEST(SdkErrors, EachHasTheAnswerThatAGatewayOwesIt) {
  EXPECT_EQ(error_class(error_none), ErrorClass::none);
  EXPECT_EQ(error_class(error_password), ErrorClass::credentials);
  EXPECT_EQ(error_class(error_no_such_user), ErrorClass::credentials);
  EXPECT_EQ(error_class(error_locked), ErrorClass::locked);
  EXPECT_EQ(error_class(error_connect), ErrorClass::network);
  EXPECT_EQ(error_class(error_maximum), ErrorClass::busy);
  EXPECT_EQ(error_class(error_max_users), ErrorClass::busy);
  EXPECT_EQ(error_class(error_not_activated), ErrorClass::not_set_up);
  EXPECT_EQ(error_class(error_rtsp_not_found), ErrorClass::not_supported);
}

TEST(SdkErrors, GroupsOfNumbersAreKnownByTheirRange) {
  EXPECT_EQ(error_class(107), ErrorClass::installation);
  EXPECT_EQ(error_class(142), ErrorClass::installation);
  EXPECT_EQ(error_class(413), ErrorClass::network);
  EXPECT_EQ(error_class(426), ErrorClass::busy);  // the one of its group that is no trouble of the network
}

TEST(SdkErrors, AnUnknownOneIsSaidToBeUnknown) {
  EXPECT_EQ(error_class(4'000'000'000), ErrorClass::unknown);
  EXPECT_EQ(error_name(4'000'000'000), "");
  EXPECT_EQ(error_name(error_locked), "user locked");
}

}  // namespace
}  // namespace camfleet::sdkhost::abi
