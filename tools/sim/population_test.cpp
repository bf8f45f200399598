#include "sim/population.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/fleet_csv.h"

namespace camfleet::sim {
namespace {

TEST(Population, is_the_same_for_the_same_seed_and_differs_between_seeds) {
  const PopulationOptions seven{.devices = 100, .seed = 7};
  const PopulationOptions eight{.devices = 100, .seed = 8};
  int same = 0;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const auto a = identity_of(seven, i);
    const auto b = identity_of(seven, i);
    EXPECT_EQ(a.serial, b.serial);
    EXPECT_EQ(a.password, b.password);
    EXPECT_EQ(a.name, b.name);
    EXPECT_EQ(a.algorithms, b.algorithms);
    same += a.password == identity_of(eight, i).password ? 1 : 0;
  }
  EXPECT_EQ(same, 0);
}

TEST(Population, does_not_depend_on_how_many_devices_there_are) {
  EXPECT_EQ(identity_of({.devices = 10, .seed = 7}, 3).serial,
            identity_of({.devices = 10'000, .seed = 7}, 3).serial);
}

TEST(Population, gives_every_device_its_own_serial_mac_and_id) {
  const PopulationOptions options{.devices = 2000, .seed = 1};
  std::set<std::string> serials, macs, ids;
  for (std::uint32_t i = 0; i < options.devices; ++i) {
    const auto device = identity_of(options, i);
    serials.insert(device.serial);
    macs.insert(device.mac);
    ids.insert(device.id);
  }
  EXPECT_EQ(serials.size(), 2000u);
  EXPECT_EQ(macs.size(), 2000u);
  EXPECT_EQ(ids.size(), 2000u);
}

TEST(Population, is_mostly_cameras_and_one_recorder_of_sixteen) {
  const PopulationOptions options{.devices = 160, .seed = 1};
  int recorders = 0;
  for (std::uint32_t i = 0; i < options.devices; ++i) {
    const auto device = identity_of(options, i);
    EXPECT_EQ(device.channels, device.nvr ? 16 : 1);
    recorders += device.nvr ? 1 : 0;
  }
  EXPECT_EQ(recorders, 10);
  EXPECT_FALSE(identity_of(options, 0).nvr);
  EXPECT_EQ(identity_of(options, 0).algorithms, Algorithms::md5);
}

TEST(Population, password_is_what_the_manual_says) {
  // printf 'camfleet-sim/7/0/password' | sha256sum | cut -c1-12
  EXPECT_EQ(password_of(7, 0), "Camaf4feecb64a1");
  EXPECT_EQ(identity_of({.devices = 1, .seed = 7, .password = "abc"}, 0).password, "abc");
}

TEST(AddressPlan, last_octet_runs_from_1_to_254_and_carries) {
  const AddressPlan plan{0x7f010001, 1'000'000};
  EXPECT_EQ(dotted(plan.address_of(0)), "127.1.0.1");
  EXPECT_EQ(dotted(plan.address_of(253)), "127.1.0.254");
  EXPECT_EQ(dotted(plan.address_of(254)), "127.1.1.1");
  EXPECT_EQ(dotted(plan.address_of(254 * 256)), "127.2.0.1");
  for (std::uint32_t i = 0; i < 200'000; i += 77) EXPECT_EQ(plan.index_of(plan.address_of(i)), i);
}

TEST(AddressPlan, knows_no_device_at_other_addresses) {
  std::uint32_t first = 0;
  ASSERT_TRUE(parse_dotted("127.3.5.200", first));
  const AddressPlan plan{first, 100};
  const auto index = [&](std::string_view text) {
    std::uint32_t address = 0;
    EXPECT_TRUE(parse_dotted(text, address));
    return plan.index_of(address);
  };
  EXPECT_EQ(index("127.3.5.199"), -1);
  EXPECT_EQ(index("127.3.5.200"), 0);
  EXPECT_EQ(index("127.3.5.254"), 54);
  EXPECT_EQ(index("127.3.5.255"), -1);
  EXPECT_EQ(index("127.3.6.0"), -1);
  EXPECT_EQ(index("127.3.6.1"), 55);
  EXPECT_EQ(index("127.3.6.45"), 99);
  EXPECT_EQ(index("127.3.6.46"), -1);
  EXPECT_EQ(index("127.3.4.220"), -1);
  EXPECT_EQ(index("127.0.0.1"), -1);
}

TEST(AddressPlan, must_stay_on_loopback) {
  EXPECT_TRUE((AddressPlan{0x7f010001, 10'000}.valid()));
  EXPECT_FALSE((AddressPlan{0x0a000001, 1}.valid()));
  EXPECT_FALSE((AddressPlan{0x7f010000, 1}.valid()));
  EXPECT_FALSE((AddressPlan{0x7f0100ff, 1}.valid()));
  EXPECT_FALSE((AddressPlan{0x7ffffffe, 2}.valid()));
}

TEST(AddressPlan, reads_dotted_addresses_only) {
  std::uint32_t out = 0;
  EXPECT_TRUE(parse_dotted("127.1.0.1", out));
  EXPECT_EQ(out, 0x7f010001u);
  for (const auto* text : {"", "127.1", "127.1.0.1.2", "127.1.0.256", "127.1.0.", "a.b.c.d", "127.1.0.1 "})
    EXPECT_FALSE(parse_dotted(text, out)) << text;
}

TEST(FleetCsv, is_what_the_import_takes) {
  const PopulationOptions options{.devices = 6, .seed = 7};
  const auto csv = fleet_csv(options, AddressPlan{0x7f010001, 6}, 10080, 10554);
  EXPECT_TRUE(
      csv.starts_with("id,name,driver,address,http_port,rtsp_port,username,password,tags\r\nsim-0001,"))
      << csv;
  EXPECT_NE(csv.find(",hikvision,127.1.0.1,10080,10554,admin,Camaf4feecb64a1,site-1;ipc\r\n"),
            std::string::npos)
      << csv;
  EXPECT_NE(csv.find(",site-1;nvr\r\n"), std::string::npos) << csv;
}

TEST(Population, codecs_go_by_the_index_and_change_nothing_else) {
  const PopulationOptions plain{.devices = 20, .seed = 7};
  auto other = plain;
  other.h265_every = 5;
  other.audio = AudioChoice::mixed;
  for (std::uint32_t i = 0; i < 20; ++i) {
    const auto before = identity_of(plain, i);
    const auto after = identity_of(other, i);
    EXPECT_FALSE(before.h265);
    EXPECT_EQ(before.audio, Audio::none);
    EXPECT_EQ(after.h265, i % 5 == 4);
    EXPECT_EQ(after.audio, static_cast<Audio>(i % 4));
    EXPECT_EQ(before.serial, after.serial);
    EXPECT_EQ(before.password, after.password);
  }
}

}  // namespace
}  // namespace camfleet::sim
