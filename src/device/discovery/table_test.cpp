#include "device/discovery/table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "device/discovery/limiter.h"

namespace camfleet::device::discovery {
namespace {

using namespace std::chrono_literals;
const SteadyTime kStart{std::chrono::hours{1}};

Sighting by_sadp(const std::string& mac, const std::string& address, const std::string& serial = "") {
  Sighting out;
  out.what.sadp = true;
  out.what.hikvision = true;
  out.what.mac = mac;
  out.what.serial = serial;
  out.what.address = address;
  out.what.addresses.push_back({address, 80, false, true});
  out.what.allowed = true;
  return out;
}
Sighting by_wsd(const std::string& epr, const std::string& address, const std::string& mac = "") {
  Sighting out;
  out.what.wsd = true;
  out.what.epr = epr;
  out.what.mac = mac;
  out.what.address = address;
  out.what.addresses.push_back({address, 80, false, true});
  out.what.allowed = true;
  return out;
}

struct Heard {
  Table table;
  SteadyTime now = kStart;
  bool operator()(Sighting sighting) {
    return table.see(std::move(sighting), now, WallTime{now.time_since_epoch().count() ? 1s : 0s});
  }
  std::vector<std::string> keys() const {
    std::vector<std::string> out;
    for (const auto& device : table.list()) out.push_back(device->key);
    return out;
  }
};

TEST(DiscoveryTable, both_protocols_tell_of_one_device) {
  for (const bool wsd_first : {true, false}) {
    Heard heard;
    const auto sadp = by_sadp("44:19:b6:00:00:11", "10.0.0.7", "SN-1");
    const auto wsd = by_wsd("abc", "10.0.0.7");
    EXPECT_TRUE(heard(wsd_first ? wsd : sadp));
    EXPECT_TRUE(heard(wsd_first ? sadp : wsd));
    EXPECT_FALSE(heard(sadp)) << "no news";
    EXPECT_FALSE(heard(wsd));
    ASSERT_EQ(heard.table.size(), 1U);
    const auto device = heard.table.list().at(0);
    EXPECT_TRUE(device->wsd && device->sadp);
    EXPECT_EQ(device->epr, "abc");
    EXPECT_EQ(device->serial, "SN-1");
    EXPECT_EQ(device->sightings, 4U);
    EXPECT_EQ(device->key, wsd_first ? "epr-abc" : "mac-4419b6000011") << "the key stays";
  }
}

TEST(DiscoveryTable, an_answer_that_names_both_joins_what_was_apart) {
  Heard heard;
  heard(by_sadp("44:19:b6:00:00:11", "10.0.0.7"));
  heard(by_wsd("abc", "10.0.0.99"));
  EXPECT_EQ(heard.table.size(), 2U);
  heard(by_wsd("abc", "10.0.0.99", "44:19:b6:00:00:11"));
  ASSERT_EQ(heard.table.size(), 1U);
  EXPECT_EQ(heard.table.list().at(0)->sightings, 3U);
}

TEST(DiscoveryTable, several_interfaces_and_addresses_are_one_device) {
  Heard heard;
  heard(by_wsd("abc", "10.0.0.7"));
  heard(by_wsd("abc", "192.168.0.7"));
  ASSERT_EQ(heard.table.size(), 1U);
  EXPECT_EQ(heard.table.list().at(0)->addresses.size(), 2U);
  for (int i = 0; i < 100; ++i) heard(by_wsd("abc", "10.1.0." + std::to_string(i)));
  EXPECT_EQ(heard.table.list().at(0)->addresses.size(), 8U);
}

TEST(DiscoveryTable, devices_with_the_factory_address_stay_apart) {
  Heard heard;
  for (int i = 10; i < 20; ++i) heard(by_sadp("44:19:b6:00:00:" + std::to_string(i), "192.168.1.64"));
  EXPECT_EQ(heard.table.size(), 10U);
  heard(by_wsd("abc", "192.168.1.64"));  // of which of them?
  EXPECT_EQ(heard.table.size(), 11U);
  for (const auto& device : heard.table.list()) EXPECT_TRUE(device->address_shared);
}

TEST(DiscoveryTable, what_contradicts_itself_is_not_joined) {
  Heard heard;
  heard(by_sadp("44:19:b6:00:00:11", "10.0.0.7", "SN-1"));
  heard(by_sadp("44:19:b6:00:00:12", "10.0.0.8", "SN-2"));
  // A lie that would join the two, and one that would take a serial over.
  auto lie = by_wsd("abc", "10.0.0.66", "44:19:b6:00:00:11");
  lie.what.serial = "SN-2";
  heard(lie);
  heard(by_sadp("66:66:66:66:66:66", "10.0.0.66", "SN-1"));
  const auto keys = heard.keys();
  EXPECT_TRUE(std::ranges::count(keys, "mac-4419b6000011") && std::ranges::count(keys, "mac-4419b6000012"));
  for (const auto& device : heard.table.list())
    if (device->key == "mac-4419b6000012") EXPECT_EQ(device->address, "10.0.0.8");
}

TEST(DiscoveryTable, a_goodbye_is_remembered_until_it_is_heard_again) {
  Heard heard;
  Sighting bye = by_wsd("abc", "10.0.0.7");
  bye.bye = true;
  EXPECT_FALSE(heard(bye)) << "of a stranger";
  EXPECT_EQ(heard.table.size(), 0U);
  heard(by_wsd("abc", "10.0.0.7"));
  EXPECT_TRUE(heard(bye));
  EXPECT_TRUE(heard.table.list().at(0)->gone);
  EXPECT_TRUE(heard(by_wsd("abc", "10.0.0.7")));
  EXPECT_FALSE(heard.table.list().at(0)->gone);
}

TEST(DiscoveryTable, a_flood_of_inventions_drives_out_itself) {
  Heard heard{Table{{.devices = 100}}};
  for (int round = 0; round < 2; ++round) {
    for (int i = 10; i < 60; ++i)
      heard(by_sadp("44:19:b6:00:00:" + std::to_string(i), "10.0.0." + std::to_string(i)));
    heard.now += 30s;
  }
  for (int i = 0; i < 10'000; ++i)
    heard(by_wsd("fake-" + std::to_string(i),
                 "10.66." + std::to_string(i / 250) + '.' + std::to_string(i % 250)));
  EXPECT_EQ(heard.table.size(), 100U);
  EXPECT_EQ(heard.table.evicted(), 9'950U);
  const auto keys = heard.keys();
  EXPECT_EQ(std::ranges::count_if(keys, [](const std::string& key) { return key.starts_with("mac-4419b6"); }),
            50);
}

TEST(DiscoveryTable, silence_is_forgotten) {
  Heard heard;
  heard(by_wsd("abc", "10.0.0.7"));
  heard.now += 30min;
  heard(by_wsd("def", "10.0.0.8"));
  heard.now += 31min;
  EXPECT_TRUE(heard.table.expire(heard.now));
  EXPECT_EQ(heard.keys(), std::vector<std::string>{"epr-def"});
  EXPECT_FALSE(heard.table.expire(heard.now));
}

TEST(DiscoveryTable, keys_are_plain_and_each_once) {
  Heard heard;
  heard(by_wsd("http://Evil/../x?y=1", "10.0.0.7"));
  heard(by_wsd("http://Evil/../x?y_1", "10.0.0.8"));
  const auto keys = heard.keys();
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0], "epr-http_evil_.._x_y_1");
  EXPECT_NE(keys[0], keys[1]);
}

// Whatever is heard in whatever order: bounded, and its own indexes agree (an entry that is listed can be
// heard again without becoming another).
TEST(DiscoveryTable, any_order_of_anything_keeps_it_whole) {
  Rng rng{20261122};
  Heard heard{Table{{.devices = 20}}};
  const auto some = [&](const char* prefix) {
    const auto roll = rng.below(12);
    return roll == 0 ? std::string{} : prefix + std::to_string(roll);
  };
  for (int i = 0; i < 4'000; ++i) {
    Sighting sighting = by_wsd(some("epr"), "10.0.0." + std::to_string(rng.below(12)), some("mac"));
    sighting.what.serial = some("sn");
    sighting.what.sadp = rng.below(2) == 0;
    sighting.bye = rng.below(10) == 0;
    heard.now += std::chrono::milliseconds{rng.below(3000)};
    heard(sighting);
    if (rng.below(50) == 0) heard.table.expire(heard.now + 59min);
    ASSERT_LE(heard.table.size(), 20U);
    auto keys = heard.keys();
    ASSERT_EQ(keys.size(), heard.table.size());
    ASSERT_EQ(std::ranges::adjacent_find(keys), keys.end());
  }
}

TEST(DiscoveryLimiter, one_source_has_its_share_and_no_more) {
  Limiter limiter;
  int taken = 0;
  for (int i = 0; i < 10'000; ++i) taken += limiter.take(0x0a000001, 100, kStart) ? 1 : 0;
  EXPECT_GT(taken, 50);
  EXPECT_LE(taken, 64);
  EXPECT_TRUE(limiter.take(0x0a000002, 1400, kStart)) << "another one";
  EXPECT_FALSE(limiter.take(0x0a000001, 100, kStart));
  EXPECT_TRUE(limiter.take(0x0a000001, 100, kStart + 1s));
  int big = 0;
  for (int i = 0; i < 100; ++i) big += limiter.take(0x0a000003, 65'000, kStart) ? 1 : 0;
  EXPECT_EQ(big, 1) << "large ones cost more";
}

TEST(DiscoveryLimiter, is_bounded_whatever_the_sources) {
  Limiter limiter;
  int taken = 0;
  for (std::uint32_t i = 0; i < 200'000; ++i) taken += limiter.take(i * 7919, 100, kStart) ? 1 : 0;
  EXPECT_LE(limiter.sources(), 16'384U);
  EXPECT_LE(taken, 20'000);
  // A burst of 2,000 devices that each answer four times is taken whole.
  Limiter calm;
  for (std::uint32_t i = 0; i < 2'000; ++i)
    for (int n = 0; n < 4; ++n) ASSERT_TRUE(calm.take(0x7f010001 + i, 1400, kStart));
}

}  // namespace
}  // namespace camfleet::device::discovery
