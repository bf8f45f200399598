#include "fleet/proposals.h"

#include <gtest/gtest.h>

namespace camfleet::fleet {
namespace {

model::DeviceViewPtr device(const char* id, const char* address, const char* serial = "",
                            const char* mac = "") {
  auto view = std::make_shared<model::DeviceView>();
  view->spec.id = model::DeviceId{id};
  view->spec.address = address;
  view->known_serial = serial;
  if (*mac != '\0') {
    auto facts = std::make_shared<model::DeviceFacts>();
    facts->serial = serial;
    facts->mac = mac;
    view->facts = std::move(facts);
  }
  return view;
}

model::Discovered found(const char* address, const char* serial = "", const char* mac = "") {
  model::Discovered out;
  out.address = address;
  out.allowed = true;
  out.hikvision = true;
  out.model = "DS-2CD2146G2-ISU";
  out.serial = serial;
  out.mac = mac;
  out.addresses.push_back({address, 80, false, true});
  return out;
}

Proposal judge(const std::vector<model::DeviceViewPtr>& fleet, model::Discovered what) {
  return FleetIndex{fleet}.judge(std::make_shared<const model::Discovered>(std::move(what)));
}

TEST(Proposals, suggest_what_can_be_posted_as_it_is) {
  auto what = found("10.0.0.7", "DS-2CD2146G2-ISU20200101AAWRG000000001", "44:19:b6:00:00:11");
  what.http_port = 88;
  what.sdk_port = 8010;
  const auto proposal = judge({}, what);
  ASSERT_TRUE(proposal.suggest);
  EXPECT_FALSE(proposal.known);
  const auto& spec = *proposal.suggest;
  EXPECT_EQ(spec.id.str(), "ds-2cd2146g2-isu-000011");
  EXPECT_EQ(spec.name, "DS-2CD2146G2-ISU 10.0.0.7");
  EXPECT_EQ(spec.drivers, std::vector<std::string>{"hikvision"});
  EXPECT_EQ(spec.address, "10.0.0.7");
  EXPECT_EQ(spec.http_port, 88);
  EXPECT_EQ(spec.sdk_port, 8010);
  EXPECT_TRUE(model::validate(spec));

  // The id is taken; the names are hostile; there is no model; another brand.
  EXPECT_EQ(judge({device("ds-2cd2146g2-isu-000011", "10.9.9.9")}, what).suggest->id.str(),
            "ds-2cd2146g2-isu-000011-2");
  what.model = "../../<b>\" 东门";
  what.mac.clear();
  EXPECT_EQ(judge({}, what).suggest->id.str(), "b-10.0.0.7");
  what.model.clear();
  what.hikvision = false;
  EXPECT_EQ(judge({}, what).suggest->id.str(), "camera-10.0.0.7");
  EXPECT_EQ(judge({}, what).suggest->drivers.front(), "rtsp");
}

TEST(Proposals, a_device_is_known_by_serial_mac_or_address) {
  const std::vector fleet{device("a", "10.0.0.7", "DS-2CD2320D-I20180919AACHC123456789"),
                          device("b", "10.0.0.8", "SN-OF-B-0001", "44:19:b6:00:00:08"),
                          device("c", "camera.example"), device("d", "10.0.0.9")};
  EXPECT_EQ(judge(fleet, found("10.0.0.7", "DS-2CD2320D-I 20180919aachc123456789")).known->str(), "a");
  EXPECT_EQ(judge(fleet, found("10.0.0.8", "", "44:19:b6:00:00:08")).known->str(), "b");
  EXPECT_EQ(judge(fleet, found("10.0.0.9", "NEVER-HEARD-OF-1")).known->str(), "d");
  EXPECT_FALSE(judge(fleet, found("10.0.0.10")).known);
  // Another device at a known address is not that device.
  const auto other = judge(fleet, found("10.0.0.7", "DS-2CD2320D-I20180919AACHC999999999"));
  EXPECT_FALSE(other.known);
  EXPECT_TRUE(other.suggest);
}

TEST(Proposals, a_known_device_at_another_address_has_moved) {
  const std::vector fleet{device("a", "10.0.0.7", "SN-OF-A-0001"),
                          device("c", "camera.example", "SN-OF-C-0001")};
  const auto moved = judge(fleet, found("10.0.0.99", "SN-OF-A-0001"));
  EXPECT_EQ(moved.known->str(), "a");
  EXPECT_EQ(moved.moved_from, "10.0.0.7");
  EXPECT_EQ(moved.reason, Code::discovery_moved);
  EXPECT_FALSE(moved.suggest);
  // One that also has the address that we know is still there; of a name nobody knows.
  auto both = found("10.0.0.99", "SN-OF-A-0001");
  both.addresses.push_back({"10.0.0.7", 80, false, true});
  EXPECT_FALSE(judge(fleet, both).moved_from);
  EXPECT_FALSE(judge(fleet, found("10.0.0.99", "SN-OF-C-0001")).moved_from);
}

TEST(Proposals, what_cannot_be_added_says_why) {
  auto outside = found("169.254.169.254");
  outside.allowed = false;
  EXPECT_EQ(judge({}, outside).reason, Code::net_forbidden_address);
  EXPECT_FALSE(judge({}, outside).suggest);
  auto raw = found("192.168.1.64");
  raw.activated = false;
  EXPECT_EQ(judge({}, raw).reason, Code::device_not_activated);
  EXPECT_FALSE(judge({}, raw).suggest);
}

TEST(Proposals, serials_of_clones_are_no_serials) {
  EXPECT_EQ(normalised_serial("0000000000"), "");
  EXPECT_EQ(normalised_serial("12"), "");
  EXPECT_EQ(normalised_serial("ds-1 a/b_2"), "DS1AB2");
}

}  // namespace
}  // namespace camfleet::fleet
