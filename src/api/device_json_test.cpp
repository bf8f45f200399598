#include "api/device_json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/assets.h"
#include "api/problem.h"

namespace camfleet::api {
namespace {

TEST(DeviceJson, reads_a_device_and_takes_the_password_apart) {
  const auto read = device_from_json(
      R"({"id":"gate-7","name":"Gate","driver":"rtsp","url":"rtsp://10.0.0.7/1","username":"u","password":"p@:/#","rtsp_port":8554,"tags":["a","b"],"enabled":false})");
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->spec.id.str(), "gate-7");
  EXPECT_EQ(read->spec.drivers, std::vector<std::string>{"rtsp"});
  EXPECT_EQ(read->spec.rtsp_port, 8554);
  EXPECT_EQ(read->spec.tags.size(), 2U);
  EXPECT_FALSE(read->spec.enabled);
  EXPECT_TRUE(read->password.equals("p@:/#"));
}

TEST(DeviceJson, each_error_names_the_member) {
  const auto place = [](std::string_view text) {
    const auto read = device_from_json(text);
    return read ? std::string{"none"} : read.error().place;
  };
  EXPECT_TRUE(place(R"({"adress":"10.0.0.7"})").starts_with("adress:"));
  EXPECT_TRUE(place(R"({"http_port":0})").starts_with("http_port:"));
  EXPECT_TRUE(place(R"({"http_port":"80"})").starts_with("http_port:"));
  EXPECT_TRUE(place(R"({"http_port":99999999999999999999})").starts_with("http_port:"));
  EXPECT_TRUE(place(R"({"tags":"a"})").starts_with("tags:"));
  EXPECT_TRUE(place(R"({"id":"../x"})").starts_with("id:"));
  EXPECT_TRUE(place(R"([1])").starts_with("body:"));
  EXPECT_TRUE(place("{").starts_with("body:"));
  EXPECT_TRUE(place(R"({"password":")" + std::string(129, 'x') + R"("})").starts_with("password:"));
  EXPECT_TRUE(place(std::string(100'000, '[')).starts_with("body:"));
}

TEST(DeviceJson, shows_hostile_texts_of_a_device_as_clean_utf8_and_never_a_password) {
  model::DeviceView view;
  view.spec.id = model::DeviceId{"a"};
  view.spec.name = "gate \xC4\xFF <b>";
  view.has_password = true;
  auto facts = std::make_shared<model::DeviceFacts>();
  facts->model = std::string("DS\0-2CD", 7);
  facts->channels.push_back({1, "\xC5\xE4\xC8\xEB\xBF\xDA", true, {}});
  view.facts = facts;
  const auto text = boost::json::serialize(to_json(view, Language::en, true));
  boost::system::error_code ec;
  const auto back = boost::json::parse(text, ec);
  ASSERT_FALSE(ec) << text;
  EXPECT_EQ(back.at("name").as_string(), "gate \xEF\xBF\xBD\xEF\xBF\xBD <b>");
  EXPECT_FALSE(back.as_object().contains("password"));
  EXPECT_EQ(back.at("has_password").as_bool(), true);
}

TEST(Problem, speaks_the_readers_language_and_keeps_the_code) {
  const Error error{Code::device_unknown, "x", 0};
  const auto en = boost::json::parse(problem(error, language_of("en-GB,en;q=0.9"), "t").body);
  const auto zh = boost::json::parse(problem(error, language_of("zh-CN,zh;q=0.9,en;q=0.8"), "t").body);
  EXPECT_EQ(en.at("code").as_string(), "device.unknown");
  EXPECT_EQ(zh.at("code").as_string(), "device.unknown");
  EXPECT_NE(en.at("title").as_string(), zh.at("title").as_string());
  EXPECT_EQ(problem(error, Language::en, "t").status, 404);
}

TEST(Problem, the_language_that_weighs_most_is_spoken) {
  for (const auto* zh :
       {"zh", "en;q=0.1,zh;q=0.2", "de, zh-TW;q=0.001", "en;q=0, zh", "zh;q=1.0, en;q=0.999"})
    EXPECT_EQ(language_of(zh), Language::zh) << zh;
  for (const auto* en :
       {"", "*", "de", "zh;q=0", "zh;q=0.000", "zh;q=x", "zh;q=0.5, en", "en, zh", ";q=1,,zh;q"})
    EXPECT_EQ(language_of(en), Language::en) << en;
}

TEST(Problem, a_broken_request_says_the_same_status_in_head_and_body) {
  const auto response = problem(Error{Code::http_bad_message, {}, 0}, Language::en, "t", 400);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(boost::json::parse(response.body).at("status").as_int64(), 400);
}

TEST(Problem, a_cameras_refusal_is_never_taken_for_ours) {
  const auto response = problem(Error{Code::device_bad_credentials, {}, 0}, Language::en, "t");
  EXPECT_EQ(response.status, 502);
  EXPECT_FALSE(response.headers.has("WWW-Authenticate"));
  const auto ours = problem(Error{Code::auth_missing, {}, 0}, Language::en, "t");
  EXPECT_EQ(ours.status, 401);
  EXPECT_TRUE(ours.headers.has("WWW-Authenticate"));
}

TEST(Assets, the_page_is_never_kept_and_hashed_files_are) {
  const Asset files[] = {{"/index.html", "text/html", "\"1\"", "<p>"},
                         {"/assets/a-1.js", "text/javascript", "\"2\"", "x"}};
  EXPECT_EQ(serve_asset(files, "/", {}).body, "<p>");
  EXPECT_EQ(serve_asset(files, "/", {}).headers.get("Cache-Control"), "no-cache");
  EXPECT_NE(serve_asset(files, "/assets/a-1.js", {}).headers.get("Cache-Control").find("immutable"),
            std::string::npos);
  EXPECT_EQ(serve_asset(files, "/assets/a-1.js", "\"2\"").status, 304);
  EXPECT_EQ(serve_asset(files, "/assets/../x", {}).status, 404);
  EXPECT_NE(serve_asset(files, "/", {}).headers.get("Content-Security-Policy").find("default-src 'self'"),
            std::string::npos);
}

}  // namespace
}  // namespace camfleet::api
