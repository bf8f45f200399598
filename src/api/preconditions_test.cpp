#include "api/preconditions.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/device_patch.h"

namespace camfleet::api {
namespace {

Code holds(std::string_view header) {
  const auto checked = check_if_match(header, 7);
  return checked ? Code::ok : checked.error().code;
}

TEST(IfMatch, compares_strongly_with_each_of_a_list) {
  for (const char* good : {"", "*", "\"7\"", " \"7\" ", "\"1\", \"7\"", "\"a,b\",\"7\"", "W/\"7\", \"7\""})
    EXPECT_EQ(holds(good), Code::ok) << good;
  for (const char* other : {"\"8\"", "W/\"7\"", "\"07\"", "\"\"", "\"7 \"", "\"1\",\"2\""})
    EXPECT_EQ(holds(other), Code::api_precondition_failed) << other;
  for (const char* broken : {"7", "\"7", "\"7\",", "\"7\" \"8\"", ",\"7\"", "w/\"7\"", "**"})
    EXPECT_EQ(holds(broken), Code::api_bad_request) << broken;
}

Result<fleet::DevicePatch> read(const char* text) {
  return patch_from_json(boost::json::parse(text).as_object(), "gate-7");
}

TEST(MergePatch, a_member_changes_its_field_and_null_gives_the_default_back) {
  auto patch =
      read(R"({"id":"gate-7","name":"x","http_port":null,"tags":null,"driver":"rtsp","password":""})");
  ASSERT_TRUE(patch) << patch.error().text();
  EXPECT_EQ(patch->name, "x");
  EXPECT_EQ(patch->http_port, 80);
  EXPECT_TRUE(patch->tags && patch->tags->empty());
  EXPECT_EQ(patch->drivers->front(), "rtsp");
  EXPECT_FALSE(patch->address);
  EXPECT_TRUE(patch->password.empty() && !patch->no_password);
  EXPECT_TRUE(read(R"({"password":null})")->no_password);
  EXPECT_EQ(read(R"({"password":"p"})")->password.reveal(), "p");
  for (const char* bad : {R"({"id":"other"})", R"({"id":null})", R"({"name":1})", R"({"http_port":0})",
                          R"({"http_port":1.5})", R"({"tags":"x"})", R"({"tags":[null]})", R"({"enabled":1})",
                          R"({"state":"online"})", R"({"add_tags":null})", R"({"password":["x"]})"})
    EXPECT_EQ(read(bad).error().code, Code::device_invalid) << bad;
}

TEST(NamesEtag, one_of_a_list_weakly_or_not_or_any) {
  EXPECT_TRUE(names_etag("\"a\"", "\"a\""));
  EXPECT_TRUE(names_etag("\"b\", W/\"a\"", "\"a\""));
  EXPECT_TRUE(names_etag(" * ", "\"a\""));
  EXPECT_FALSE(names_etag("", "\"a\""));
  EXPECT_FALSE(names_etag("a, \"ab\"", "\"a\""));
}

}  // namespace
}  // namespace camfleet::api
