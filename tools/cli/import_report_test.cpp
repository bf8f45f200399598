#include "cli/import_report.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace camfleet::cli {
namespace {

namespace json = boost::json;

std::string plain(const std::string& text, Tone) { return text; }

TEST(ImportReport, ShowsRowByRowWhatChanges) {
  const auto answer = json::parse(R"({"dry_run":true,"refused":null,
    "counts":{"add":1,"change":1,"remove":1,"same":4,"error":1},"items":[
    {"row":1,"line":2,"action":"add","id":"gate-7","name":"North","address":"10.0.0.7"},
    {"row":2,"line":3,"action":"change","id":"gate-8","name":"","address":"10.0.0.9","changes":[
      {"field":"address","before":"10.0.0.8","after":"10.0.0.9"},{"field":"password","changed":true}]},
    {"row":null,"line":null,"action":"remove","id":"gate-9","name":"","address":""},
    {"row":4,"line":5,"action":"error","id":null,"name":"","address":"","errors":[
      {"column":"http_port","code":"device.invalid","title":"t","detail":"wants 1 to 65535"}]}]})");
  EXPECT_EQ(import_report(answer, plain),
            "+      2  gate-7  10.0.0.7  North\n"
            "~      3  gate-8  10.0.0.9\n"
            "        address: 10.0.0.8 -> 10.0.0.9\n"
            "        password: another\n"
            "-         gate-9\n"
            "!      5  \n"
            "      ! http_port: wants 1 to 65535\n");
  EXPECT_EQ(import_counts(answer), "1 added, 1 changed, 1 removed, 4 unchanged, 1 refused");
  EXPECT_EQ(import_exit(answer), Exit::partly);
}

TEST(ImportReport, HostileNamesMoveNoCursor) {
  const auto answer =
      json::parse(R"({"items":[{"line":2,"action":"add","id":"x","name":"\u001b[2J\nfake","address":""}]})");
  EXPECT_EQ(import_report(answer, plain), "+      2  x  \\x1b[2J\\nfake\n");
}

TEST(ImportReport, TheExitCodeTellsDoneFromPartlyFromRefused) {
  const auto exit = [](const char* text) { return import_exit(json::parse(text)); };
  EXPECT_EQ(exit(R"({"counts":{"add":3,"error":0},"refused":null})"), Exit::ok);
  EXPECT_EQ(exit(R"({"counts":{"add":0,"error":0},"refused":null})"), Exit::ok);
  EXPECT_EQ(exit(R"({"counts":{"add":0,"error":3},"refused":null})"), Exit::refused);
  EXPECT_EQ(exit(R"({"counts":{"same":1,"error":3},"refused":null})"), Exit::partly);
  EXPECT_EQ(exit(R"({"counts":{"add":3,"error":1},"refused":{"code":"x"}})"), Exit::refused);
}

}  // namespace
}  // namespace camfleet::cli
