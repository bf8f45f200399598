#include "fleet/csv_fleet.h"

#include <gtest/gtest.h>

namespace camfleet::fleet {
namespace {

std::string failure(std::string_view text) {
  const auto devices = read_csv_fleet(text);
  return devices ? std::string{} : devices.error().place;
}

TEST(CsvFleet, reads_what_the_simulator_exports) {
  const auto devices = read_csv_fleet(
      "\xEF\xBB\xBFid,name,driver,address,http_port,rtsp_port,username,password,tags\r\n"
      "sim-0001,\"Gate 1, north\",hikvision,127.1.0.1,10080,10554,admin,\"hik,\"\"1\",site-a;ipc\r\n"
      "\r\n"
      "sim-0002,,hikvision;rtsp,127.1.0.2,,,admin,,\r\n");
  ASSERT_TRUE(devices) << devices.error().text();
  ASSERT_EQ(devices->size(), 2U);
  const auto& first = devices->at(0);
  EXPECT_EQ(first.spec.id.str(), "sim-0001");
  EXPECT_EQ(first.spec.name, "Gate 1, north");
  EXPECT_EQ(first.spec.drivers, std::vector<std::string>{"hikvision"});
  EXPECT_EQ(first.spec.http_port, 10080);
  EXPECT_EQ(first.spec.rtsp_port, 10554);
  EXPECT_TRUE(first.password.equals("hik,\"1"));
  EXPECT_EQ(first.spec.tags, (std::vector<std::string>{"site-a", "ipc"}));
  const auto& second = devices->at(1);
  EXPECT_EQ(second.spec.drivers, (std::vector<std::string>{"hikvision", "rtsp"}));
  EXPECT_EQ(second.spec.http_port, 80);
  EXPECT_TRUE(second.password.empty());
  EXPECT_TRUE(second.spec.enabled);
}

TEST(CsvFleet, what_cannot_be_read_names_the_line) {
  EXPECT_EQ(failure(""), "line 1: wants a header row");
  EXPECT_EQ(failure("id,name\na,b\n"), "line 1: wants a column address or url");
  EXPECT_EQ(failure("address,colour\n"), "line 1: unknown column: colour");
  EXPECT_EQ(failure("address,driver,drivers\n"), "line 1: column twice: drivers");
  EXPECT_EQ(failure("address,http_port\n10.0.0.1,80\n10.0.0.2,65536\n"),
            "line 3: http_port: not a value of its kind");
  EXPECT_EQ(failure("address,enabled\n10.0.0.1,perhaps\n"), "line 2: enabled: not a value of its kind");
  EXPECT_EQ(failure("address\n10.0.0.1,80\n"), "line 2: more fields than columns");
  EXPECT_EQ(failure("address\n\"10.0.0.1\n"), "line 2: a quote is not closed");
}

}  // namespace
}  // namespace camfleet::fleet
