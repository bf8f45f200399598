#include "api/isapi_json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace camfleet::api {
namespace {

Result<model::IsapiRequest> read(std::string_view text) {
  return isapi_from_json(boost::json::parse(text).as_object());
}

TEST(IsapiJson, a_request_is_what_it_says) {
  const auto put = read(
      R"({"method":"PUT","path":"/ISAPI/System/time?a=b","body":"<Time/>","content_type":"application/xml"})");
  ASSERT_TRUE(put) << put.error().text();
  EXPECT_EQ(put->method, "PUT");
  EXPECT_EQ(put->path, "/ISAPI/System/time?a=b");
  EXPECT_EQ(put->body, "<Time/>");
  EXPECT_EQ(to_text(*put), "PUT /ISAPI/System/time");
  EXPECT_TRUE(read(R"({"method":"GET","path":"/ISAPI/System/deviceInfo"})"));
  EXPECT_TRUE(read(R"({"method":"POST","path":"/ISAPI/x?format=json","body":"{}"})"));
}

TEST(IsapiJson, what_would_leave_the_request_line_or_the_tree_is_refused) {
  for (const auto* path :
       {"", "/", "/ISAPI", "ISAPI/x", "/isapi/x", "/PSIA/x", "http://10.0.0.1/ISAPI/x", "/ISAPI/a b",
        "/ISAPI/a\\r\\nX: y", "/ISAPI/a\\tb", "/ISAPI/../x", "/ISAPI/a/..", "/ISAPI/%2e%2E/x",
        "/ISAPI/.%2e/x", "/ISAPI/a#b", "/ISAPI/\\u00e4", "/ISAPI/a\\u0000"}) {
    const auto got = read(std::string{R"({"method":"GET","path":")"} + path + R"("})");
    ASSERT_FALSE(got) << path;
    EXPECT_EQ(got.error().code, Code::api_bad_request) << path;
  }
}

TEST(IsapiJson, what_makes_no_sense_is_refused_and_named) {
  for (const auto* text :
       {R"({})", R"({"path":"/ISAPI/x"})", R"({"method":"TRACE","path":"/ISAPI/x"})",
        R"({"method":"get","path":"/ISAPI/x"})", R"({"method":"GET","path":1})",
        R"({"method":"GET","path":"/ISAPI/x","body":"<a/>"})",
        R"({"method":"GET","path":"/ISAPI/x","hdr":"a"})",
        R"({"method":"PUT","path":"/ISAPI/x","body":"<a/>","content_type":"text/html"})",
        R"({"method":"PUT","path":"/ISAPI/x","body":"<a/>","content_type":"application/json"})"}) {
    const auto got = read(text);
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code, Code::api_bad_request) << text;
  }
  const auto large = read(R"({"method":"PUT","path":"/ISAPI/x","body":")" + std::string(65'537, 'x') + "\"}");
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, Code::api_too_large);
}

TEST(IsapiJson, what_is_no_text_goes_in_base64) {
  EXPECT_EQ(answer_text({200, "application/xml", "<a>\"ä\"</a>"}),
            R"({"status":200,"content_type":"application/xml","body":"<a>\"ä\"</a>"})");
  EXPECT_EQ(answer_text({200, "image/jpeg", "\xFF\xD8"}),
            R"({"status":200,"content_type":"image/jpeg","body":"/9g=","encoding":"base64"})");
  EXPECT_EQ(answer_text({403, "\xFF", std::string(1, '\0')}),
            R"({"status":403,"content_type":"�","body":"AA==","encoding":"base64"})");
}

}  // namespace
}  // namespace camfleet::api
