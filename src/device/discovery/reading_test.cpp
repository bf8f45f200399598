#include "device/discovery/reading.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace camfleet::device::discovery {
namespace {

net::Address ip(const char* text) { return *net::parse_address(text); }

wsd::Message match(std::vector<std::string> xaddrs, std::vector<std::string> scopes = {}) {
  wsd::Message message;
  message.kind = wsd::Kind::probe_matches;
  message.targets.push_back({"abc", {"NetworkVideoTransmitter"}, std::move(scopes), std::move(xaddrs), 1});
  return message;
}

TEST(DiscoveryReading, takes_the_address_that_the_answer_came_from) {
  const net::AddressGuard guard;
  const auto what =
      read(match({"http://10.0.0.6/onvif", "https://10.0.0.7:8443/onvif", "http://10.0.0.7:88/onvif"}),
           ip("10.0.0.7"), guard)
          .at(0)
          .what;
  EXPECT_EQ(what.address, "10.0.0.7");
  EXPECT_EQ(what.http_port, 88);
  EXPECT_EQ(what.https_port, 8443);
  EXPECT_TRUE(what.allowed);
  EXPECT_EQ(what.addresses.size(), 3U);
}

TEST(DiscoveryReading, shows_forbidden_addresses_as_such_and_prefers_others) {
  const net::AddressGuard guard;
  const auto read_one = [&](std::vector<std::string> xaddrs) {
    return read(match(std::move(xaddrs)), ip("10.0.0.9"), guard).at(0).what;
  };
  const auto spoofed = read_one({"http://169.254.169.254/latest/meta-data", "http://127.0.0.1:8080/",
                                 "http://[::1]/", "http://[fe80::1]/onvif"});
  EXPECT_FALSE(spoofed.allowed);
  EXPECT_TRUE(std::ranges::none_of(spoofed.addresses, &model::DiscoveredAddress::allowed));
  EXPECT_EQ(spoofed.addresses.size(), 4U);

  const auto mixed = read_one({"http://169.254.169.254/", "http://192.168.7.7/onvif"});
  EXPECT_EQ(mixed.address, "192.168.7.7");
  EXPECT_TRUE(mixed.allowed);

  // Names, other schemes, other spellings and logins lead nowhere.
  const auto odd =
      read_one({"http://camera.example/", "ftp://10.0.0.8/", "http://2130706433/", "http://0x7f.1/",
                "http://10.0.0.8:99999/", "javascript:alert(1)", "http://user:secret@10.0.0.8/"});
  ASSERT_EQ(odd.addresses.size(), 1U);
  EXPECT_EQ(odd.address, "10.0.0.8");
}

TEST(DiscoveryReading, an_answer_without_addresses_is_where_it_came_from) {
  const net::AddressGuard guard;
  const auto what =
      read(match({}, {"onvif://www.onvif.org/name/HIKVISION"}), ip("10.0.0.9"), guard).at(0).what;
  EXPECT_EQ(what.address, "10.0.0.9");
  EXPECT_TRUE(what.hikvision);
  EXPECT_FALSE(what.http_port);
}

TEST(DiscoveryReading, sadp_tells_more) {
  const net::AddressGuard guard;
  sadp::Device device;
  device.model = "DS-2CD2320D-I";
  device.serial = std::string(400, 's');
  device.mac = "44-47-CC-00-00-01";
  device.ipv4 = "192.168.1.64";
  device.ipv6 = "::";
  device.http_port = 88;
  device.command_port = 8000;
  device.digital_channels = 1;
  device.activated = false;
  const auto what = read(device, ip("10.0.0.9"), guard).what;
  EXPECT_EQ(what.address, "192.168.1.64");
  EXPECT_EQ(what.source, "10.0.0.9");
  EXPECT_EQ(what.mac, "44:47:cc:00:00:01");
  EXPECT_EQ(what.http_port, 88);
  EXPECT_EQ(what.sdk_port, 8000);
  EXPECT_EQ(what.channels, 1);
  EXPECT_EQ(what.activated, false);
  EXPECT_EQ(what.serial.size(), 128U);
  EXPECT_EQ(what.addresses.size(), 1U);
}

TEST(DiscoveryReading, macs_have_one_spelling) {
  EXPECT_EQ(normalised_mac("44-19-B6-00-00-11"), "44:19:b6:00:00:11");
  EXPECT_EQ(normalised_mac("4419b6000011"), "44:19:b6:00:00:11");
  for (const auto* text :
       {"", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "44:19:b6:00:00", "44:19:b6:00:00:1g"})
    EXPECT_EQ(normalised_mac(text), "") << text;
}

}  // namespace
}  // namespace camfleet::device::discovery
