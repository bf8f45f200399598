#include "cli/whereabouts.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

namespace camfleet::cli {
namespace {

class Whereabouts : public testing::Test {
 protected:
  Whereabouts() {
    std::string pattern = testing::TempDir() + "/cli-XXXXXX";
    folder = ::mkdtemp(pattern.data());
  }
  ~Whereabouts() override { std::filesystem::remove_all(folder); }

  Environment environment() {
    return [this](const std::string& name) { return variables[name]; };
  }
  std::string write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream{folder / name} << text;
    return (folder / name).string();
  }
  std::string token(const Given& given, const std::string& url = "http://127.0.0.1:8080") {
    Given whole = given;
    whole.url = url;
    const auto found =
        find_token(whole, environment(), *gateway_url(whole, environment()), {folder / "default"});
    return found ? std::string{found->reveal()} : "error: " + found.error().place;
  }

  std::filesystem::path folder;
  std::map<std::string, std::string> variables;
};

TEST_F(Whereabouts, TheOptionWinsOverTheEnvironmentOverTheDefault) {
  EXPECT_EQ(gateway_url({}, environment())->text(), "http://127.0.0.1:8080");
  variables["CAMFLEET_URL"] = "https://gate.example:8443/";
  EXPECT_EQ(gateway_url({}, environment())->text(), "https://gate.example:8443");
  EXPECT_EQ(gateway_url({.url = "10.0.0.1:80", .token_file = "", .data = ""}, environment())->text(),
            "http://10.0.0.1:80");
}

TEST_F(Whereabouts, WhatIsNoAddressOfAGatewayIsRefused) {
  for (const char* url : {"rtsp://10.0.0.1/", "http://user:pass@host", "http://host/path", "http://host?x",
                          "http://", "ftp://x", "http://host:99999", "http://a b"})
    EXPECT_FALSE(gateway_url({.url = url, .token_file = "", .data = ""}, environment())) << url;
}

TEST_F(Whereabouts, TheTokenComesFromFileThenVariableThenData) {
  write("default/admin.token", "of-default\n");
  write("other/admin.token", "of-other\n");
  EXPECT_EQ(token({}), "of-default");
  variables["CAMFLEET_DATA"] = (folder / "other").string();
  EXPECT_EQ(token({}), "of-other");
  EXPECT_EQ(token({.url = "", .token_file = "", .data = (folder / "default").string()}), "of-default");
  variables["CAMFLEET_TOKEN"] = "of-variable";
  EXPECT_EQ(token({}), "of-variable");
  EXPECT_EQ(token({.url = "", .token_file = write("token", "  of-file \r\n"), .data = ""}), "of-file");
}

TEST_F(Whereabouts, TheTokenOfADefaultDirectoryGoesToNoOtherMachine) {
  write("default/admin.token", "of-default\n");
  EXPECT_EQ(token({}, "http://localhost:8080"), "of-default");
  EXPECT_EQ(token({}, "http://[::1]:8080"), "of-default");
  EXPECT_EQ(token({}, "http://127.9.9.9:8080"), "of-default");
  EXPECT_EQ(token({}, "http://10.0.0.1:8080"), "");
  EXPECT_EQ(token({}, "https://127.0.0.1.evil.example"), "");
  EXPECT_EQ(
      token({.url = "", .token_file = "", .data = (folder / "default").string()}, "https://gate.example"),
      "of-default");
}

TEST_F(Whereabouts, WhatIsNoTokenIsNotSent) {
  EXPECT_TRUE(token({.url = "", .token_file = write("empty", " \n"), .data = ""}).starts_with("error: "));
  EXPECT_TRUE(
      token({.url = "", .token_file = write("lines", "a\r\nX-Evil: 1"), .data = ""}).starts_with("error: "));
  EXPECT_TRUE(token({.url = "", .token_file = write("large", std::string(10'000, 'x')), .data = ""})
                  .starts_with("error: "));
  EXPECT_TRUE(
      token({.url = "", .token_file = (folder / "missing").string(), .data = ""}).starts_with("error: "));
  variables["CAMFLEET_TOKEN"] = "a\r\nX-Evil: 1";
  EXPECT_TRUE(token({}).starts_with("error: "));
}

TEST_F(Whereabouts, TheLanguageIsThatOfTheTerminal) {
  EXPECT_EQ(language("", environment()), "en");
  variables["LANG"] = "zh_CN.UTF-8";
  EXPECT_EQ(language("", environment()), "zh");
  variables["LC_ALL"] = "C";
  EXPECT_EQ(language("", environment()), "en");
  EXPECT_EQ(language("zh", environment()), "zh");
}

}  // namespace
}  // namespace camfleet::cli
