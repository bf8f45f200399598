#include "api/cross_site.h"

#include <gtest/gtest.h>

namespace camfleet::api {
namespace {

net::HttpRequest request(std::string_view method, net::HttpHeaders headers, std::string body = {}) {
  net::HttpRequest out;
  out.method = method;
  out.headers = std::move(headers);
  out.headers.set("Host", "cams.example:8080");
  out.body = std::move(body);
  return out;
}

TEST(CrossSite, a_change_or_a_websocket_that_another_site_asks_for_is_refused) {
  const struct {
    const char* name;
    const char* value;
    bool ours;
  } said[] = {
      {"Origin", "http://cams.example:8080", true},
      {"Origin", "https://CAMS.example:8080", true},
      {"Origin", "http://evil.example", false},
      {"Origin", "http://cams.example", false},
      {"Origin", "http://cams.example:8080.evil.example", false},
      {"Origin", "null", false},
      {"Sec-Fetch-Site", "same-origin", true},
      {"Sec-Fetch-Site", "none", true},
      {"Sec-Fetch-Site", "same-site", false},
      {"Sec-Fetch-Site", "cross-site", false},
      {"X-Nothing", "said", true},
  };
  for (const auto& one : said) {
    const net::HttpHeaders headers{{one.name, one.value}};
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE"})
      EXPECT_EQ(check_same_site(request(method, headers)).has_value(), one.ours) << method << one.value;
    net::HttpHeaders upgrade = headers;
    upgrade.set("Upgrade", "websocket");
    EXPECT_EQ(check_same_site(request("GET", upgrade)).has_value(), one.ours) << one.value;
    EXPECT_TRUE(check_same_site(request("GET", headers)));
  }
}

TEST(CrossSite, behind_a_proxy_that_changes_the_host_the_browsers_own_word_counts) {
  EXPECT_TRUE(check_same_site(
      request("POST", {{"Origin", "https://portal.example"}, {"Sec-Fetch-Site", "same-origin"}})));
  EXPECT_FALSE(check_same_site(
      request("POST", {{"Origin", "http://cams.example:8080"}, {"Sec-Fetch-Site", "cross-site"}})));
}

TEST(CrossSite, a_body_of_a_type_that_a_form_can_send_is_refused) {
  for (const char* type : {"text/plain", "TEXT/PLAIN; charset=utf-8", "application/x-www-form-urlencoded",
                           "multipart/form-data; boundary=x"})
    EXPECT_FALSE(check_body_type(request("POST", {{"Content-Type", type}}, "{}"))) << type;
  for (const char* type :
       {"application/json", "application/json; charset=utf-8", "text/csv", "application/yaml"})
    EXPECT_TRUE(check_body_type(request("POST", {{"Content-Type", type}}, "{}"))) << type;
  EXPECT_TRUE(check_body_type(request("POST", {})));
}

}  // namespace
}  // namespace camfleet::api
