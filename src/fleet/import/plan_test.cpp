#include "fleet/import/plan.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/text.h"
#include "fleet/import/export.h"
#include "fleet/testing/fakes.h"

namespace camfleet::fleet {
namespace {

// A fleet as plain values.
class ImportPlanTest : public ::testing::Test {
 protected:
  ImportPlanTest() {
    world.check = [this](NewDevice& device) { return prepare(device, drivers, guard); };
    world.same_password = [this](const model::DeviceId& id, const Secret& password) {
      return password.equals(passwords[id.str()]);
    };
  }
  model::DeviceSpec& have(const std::string& id, const std::string& address,
                          const std::string& password = "old") {
    auto view = std::make_shared<model::DeviceView>();
    view->spec.id = model::DeviceId{id};
    view->spec.address = address;
    view->spec.username = "admin";
    view->revision = 3;
    passwords[id] = password;
    auto& spec = view->spec;
    world.devices.push_back(std::move(view));
    return spec;
  }
  ImportPlan plan(const std::string& text, ImportOptions options = {},
                  ImportFormat format = ImportFormat::csv) {
    auto table = read_import(text, format);
    EXPECT_TRUE(table) << table.error().text();
    return make_plan(std::move(*table), world, options);
  }
  // "add a|change b name|error : why"
  static std::string told(const ImportPlan& plan) {
    std::string out;
    for (const auto& item : plan.items) {
      out += (out.empty() ? "" : "|") + std::string{to_text(item.action)} + ' ' + item.id.str();
      for (const auto& change : item.changes) out += ' ' + std::string{to_text(change.column)};
      for (const auto& error : item.errors) out += ' ' + std::string{name(error.code)} + ' ' + error.column;
    }
    return out;
  }
  // What the fleet is after the plan.
  void apply(ImportPlan plan) {
    for (auto& change : take_changes(plan).changes) {
      if (auto* added = std::get_if<AddDevice>(&change)) {
        auto& spec = added->device.spec;
        if (spec.id.empty()) spec.id = model::DeviceId{"made-" + std::to_string(++made)};
        const auto id = spec.id.str();
        have(id, "") = spec;
        passwords[id] = added->device.password.reveal();
      } else if (auto* edited = std::get_if<EditDevice>(&change)) {
        for (auto& view : world.devices) {
          if (view->spec.id != edited->id) continue;
          if (!edited->patch.password.empty()) passwords[edited->id.str()] = edited->patch.password.reveal();
          auto after = patched(view->spec, std::move(edited->patch));
          ASSERT_TRUE(world.check(after));
          auto next = std::make_shared<model::DeviceView>(*view);
          next->spec = after.spec;
          view = std::move(next);
        }
      } else {
        std::erase_if(world.devices, [&](const auto& view) {
          return view->spec.id == std::get<fleet::RemoveDevice>(change).id;
        });
      }
    }
  }

  testing::FakeDriver hikvision{"hikvision"};
  testing::FakeDriver rtsp{"rtsp"};
  std::unordered_map<std::string, model::Driver*> drivers{{"hikvision", &hikvision}, {"rtsp", &rtsp}};
  net::AddressGuard guard;
  ImportWorld world;
  std::map<std::string, std::string> passwords;
  int made = 0;
};

TEST_F(ImportPlanTest, each_row_is_added_changed_or_the_same) {
  have("a", "10.0.0.1");
  have("b", "10.0.0.2").name = "old name";
  have("c", "10.0.0.3");
  const auto planned = plan(
      "id,name,address,password\n"
      "a,,10.0.0.1,old\n"
      "b,new name,10.0.0.22,new\n"
      "d,D,10.0.0.4,x\n");
  EXPECT_EQ(told(planned), "same a|change b name address password|add d");
  const auto& changes = planned.items[1].changes;
  EXPECT_EQ(changes[0].before, "old name");
  EXPECT_EQ(changes[0].after, "new name");
  EXPECT_EQ(changes[2].before + changes[2].after, "");  // of a password nothing is shown
  EXPECT_EQ(planned.counts(), (std::array<std::size_t, kImportActions>{1, 1, 1, 0, 0}));
}

TEST_F(ImportPlanTest, what_a_row_leaves_out_stays_as_it_is) {
  auto& spec = have("a", "10.0.0.1");
  spec.name = "North";
  spec.tags = {"x"};
  spec.enabled = false;
  EXPECT_EQ(told(plan("id,name,tags,password\na,,,\n")), "same a");
  EXPECT_EQ(told(plan("id\na\n")), "same a");
  EXPECT_EQ(told(plan("id,enabled\na,true\n")), "change a enabled");
  EXPECT_EQ(told(plan("- {id: a, name: \"\", tags: []}\n", {}, ImportFormat::yaml)), "change a name tags");
}

TEST_F(ImportPlanTest, a_row_without_id_is_found_by_its_place) {
  have("a", "10.0.0.1");
  have("b", "10.0.0.1").http_port = 8080;
  auto& c = have("c", "10.0.0.3");
  c.drivers = {"rtsp"};
  c.url = "rtsp://10.0.0.3/one";
  auto& d = have("d", "10.0.0.4");
  d.drivers = {"rtsp"};
  d.rtsp_port = 8554;
  EXPECT_EQ(told(plan("address,name\n10.0.0.1,x\n")), "change a name");
  EXPECT_EQ(told(plan("address,http_port,name\n10.0.0.1,8080,x\n")), "change b name");
  EXPECT_EQ(told(plan("address,http_port\n10.0.0.1,81\n")), "add ");
  EXPECT_EQ(told(plan("url,name\nrtsp://10.0.0.3/one,x\n")), "change c name");
  EXPECT_EQ(told(plan("driver,url\nrtsp,rtsp://10.0.0.3/two\n")), "add ");
  EXPECT_EQ(told(plan("driver,address,rtsp_port,name\nrtsp,10.0.0.4,8554,x\n")), "change d name");
  EXPECT_EQ(told(plan("driver,address,rtsp_port\nrtsp,10.0.0.4,554\n")), "add ");
  EXPECT_EQ(told(plan("address,driver\n10.0.0.1,rtsp\n")), "change a drivers");
  EXPECT_EQ(told(plan("Address,NAME\n10.0.0.1,x\n")), "change a name");
  auto& e = have("e", "10.0.0.5");
  e.drivers = {"rtsp"};
  e.rtsp_port = 1554;
  auto& f = have("f", "10.0.0.5");
  f.drivers = {"rtsp"};
  f.rtsp_port = 2554;
  EXPECT_EQ(told(plan("address,name\n10.0.0.5,x\n")), "error  import.ambiguous id");
}

TEST_F(ImportPlanTest, two_rows_are_never_about_one_device_or_one_place) {
  have("a", "10.0.0.1");
  EXPECT_EQ(told(plan("id,address\na,10.0.0.1\na,10.0.0.1\n")), "same a|error a import.duplicate ");
  EXPECT_EQ(told(plan("id,address\na,10.0.0.1\n,10.0.0.1\n")), "same a|error a import.duplicate ");
  EXPECT_EQ(told(plan("id,address\nx,10.0.0.2\nx,10.0.0.3\n")), "add x|error x import.duplicate id");
  EXPECT_EQ(told(plan("id,address\nx,10.0.0.2\ny,10.0.0.2\n")), "add x|error y import.duplicate address");
  EXPECT_EQ(told(plan("address\n10.0.0.2\n10.0.0.2\n")), "add |error  import.duplicate address");
  EXPECT_EQ(told(plan("id,address\nx,10.0.0.1\n")), "error x device.exists address");
}

TEST_F(ImportPlanTest, places_are_given_as_they_are_after_the_import) {
  have("a", "10.0.0.1");
  have("b", "10.0.0.2");
  have("c", "10.0.0.3");
  EXPECT_EQ(told(plan("id,address\na,10.0.0.2\nb,10.0.0.1\n")), "change a address|change b address");
  EXPECT_EQ(told(plan("id,address\na,10.0.0.9\nx,10.0.0.1\n")), "change a address|add x");
  // c cannot leave, so b cannot come, so a cannot come.
  EXPECT_EQ(told(plan("id,address,http_port\na,10.0.0.2,80\nb,10.0.0.3,80\nc,10.0.0.4,0\n")),
            "error a device.exists address|error b device.exists address|error c device.invalid http_port");
}

TEST_F(ImportPlanTest, prune_removes_what_no_row_names_and_never_by_a_bad_file) {
  have("a", "10.0.0.1");
  have("b", "10.0.0.2");
  auto planned = plan("id,address\na,10.0.0.1\n", {.prune = true});
  EXPECT_EQ(told(planned), "same a|remove b");
  EXPECT_FALSE(planned.refused);
  EXPECT_EQ(take_changes(planned).changes.size(), 1U);
  EXPECT_EQ(told(plan("id,address\nx,10.0.0.2\n", {.prune = true})), "add x|remove a|remove b");

  planned = plan("id,address,http_port\na,10.0.0.1,0\nc,10.0.0.3,80\n", {.prune = true});
  EXPECT_EQ(planned.refused.code, Code::import_prune_refused);
  EXPECT_TRUE(take_changes(planned).changes.empty());
  planned = plan("id,address\n", {.prune = true});
  EXPECT_EQ(planned.refused.code, Code::import_prune_refused);
  EXPECT_TRUE(take_changes(planned).changes.empty());
  EXPECT_EQ(plan("[]", {.prune = true}, ImportFormat::yaml).refused.code, Code::import_prune_refused);
}

TEST_F(ImportPlanTest, all_or_nothing_is_refused_for_one_bad_row) {
  const std::string text = "id,address,http_port\na,10.0.0.1,80\nb,10.0.0.2,0\n";
  auto planned = plan(text);
  EXPECT_FALSE(planned.refused);
  EXPECT_EQ(take_changes(planned).changes.size(), 1U);
  planned = plan(text, {.all_or_nothing = true});
  EXPECT_EQ(planned.refused.code, Code::import_refused);
  EXPECT_TRUE(take_changes(planned).changes.empty());
}

TEST_F(ImportPlanTest, what_the_fleet_refuses_is_an_error_of_its_row_and_column) {
  const auto planned = plan(
      "id,address,driver,name\n"
      "a,8.8.8.8,,\n"
      "b,10.0.0.2,onvif,\n"
      "c,,,\n"
      "d,0x7f.1,,\n"
      "e,10.0.0.5,," +
      std::string(300, 'n') + "\n");
  EXPECT_EQ(told(planned),
            "error a net.forbidden_address address|error b device.no_driver drivers|error c device.invalid "
            "address|error d device.invalid address|error e device.invalid name");
}

TEST_F(ImportPlanTest, a_full_fleet_takes_no_more) {
  have("a", "10.0.0.1");
  world.capacity = 2;
  EXPECT_EQ(told(plan("id,address\nb,10.0.0.2\nc,10.0.0.3\n")), "add b|error c fleet.full ");
  EXPECT_EQ(told(plan("id,address\nb,10.0.0.2\nc,10.0.0.3\n", {.prune = true})), "add b|add c|remove a");
}

TEST_F(ImportPlanTest, what_looks_odd_is_told_and_done) {
  have("a", "10.0.0.1").name = "Gate";
  const auto planned =
      plan("address,name,username,port\n10.0.0.2,Gate,admin ,8000\n10.0.0.3,Door,x,80\n10.0.0.4,Door,x,80\n");
  EXPECT_EQ(told(planned), "add |add |add ");
  ASSERT_EQ(planned.items[0].warnings.size(), 3U);
  EXPECT_EQ(planned.items[0].warnings[2].reason, "device a has it too");
  EXPECT_EQ(planned.items[2].warnings[0].reason, "row 2 has it too");
}

TEST_F(ImportPlanTest, a_password_that_is_the_same_is_no_change) {
  have("a", "10.0.0.1", "hunter2");
  EXPECT_EQ(told(plan("id,password\na,hunter2\n")), "same a");
  EXPECT_EQ(told(plan("id,password\na,hunter3\n")), "change a password");
  auto& b = have("b", "10.0.0.2", "s");
  b.drivers = {"rtsp"};
  b.url = "rtsp://10.0.0.2/x";
  EXPECT_EQ(told(plan("id,url\nb,rtsp://admin:s@10.0.0.2/x\n")), "same b");
  EXPECT_EQ(told(plan("id,url\nb,rtsp://root:t@10.0.0.2/x\n")), "change b username password");
}

// Texts that hurt: quotes, separators, formulas, blanks, letters of several bytes.
std::string odd_text(std::mt19937& random, std::size_t most) {
  static const std::vector<std::string> kPieces{"a", "B", "7",  ",", ";",  "\"", "'",  "=", "+",
                                                "-", "@", "\\", "#", ": ", "北", "门", "é", "😀",
                                                "{", "[", "&",  "*", "!",  "%",  "|",  "~", " "};
  std::string out;
  for (auto left = random() % most; left > 0; --left) out += kPieces[random() % kPieces.size()];
  return trim(out).empty() ? std::string{} : out;  // a field of blanks says nothing
}

TEST_F(ImportPlanTest, what_is_exported_is_imported_as_it_was) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  for (int i = 0; i < 300; ++i) {
    auto& spec = have("device-" + std::to_string(i),
                      "10.0." + std::to_string(i / 200) + '.' + std::to_string(i % 200 + 1));
    spec.name = odd_text(random, 12);
    spec.username = odd_text(random, 6);
    spec.timezone = random() % 2 == 0 ? "" : "Asia/Shanghai";
    spec.http_port = static_cast<std::uint16_t>(random() % 65535 + 1);
    spec.rtsp_port = static_cast<std::uint16_t>(random() % 65535 + 1);
    spec.sdk_port = static_cast<std::uint16_t>(random() % 65535 + 1);
    for (auto left = random() % 4; left > 0; --left)
      if (const auto tag = odd_text(random, 8); !tag.empty()) spec.tags.push_back(tag);
    spec.enabled = random() % 2 == 0;
    spec.always_on = random() % 2 == 0;
    spec.sdk_tls = random() % 2 == 0;
    if (random() % 3 == 0) {
      spec.drivers = {"rtsp"};
      spec.url = "rtsp://" + spec.address + "/stream?x=" + std::to_string(i);
    } else if (random() % 3 == 0) {
      spec.drivers = {"hikvision", "rtsp"};
    }
  }
  for (const auto format : {ImportFormat::csv, ImportFormat::yaml}) {
    auto text = export_head(format);
    for (const auto& view : world.devices) text += export_device(view->spec, format);
    text += export_tail(format, true);
    const auto planned = plan(text, {.prune = true}, format);
    EXPECT_EQ(planned.counts(), (std::array<std::size_t, kImportActions>{0, 0, 300, 0, 0}))
        << told(planned).substr(0, 2000);

    // Into an empty fleet, and the fleet is the same.
    const auto before = world.devices;
    world.devices.clear();
    apply(plan(text, {.all_or_nothing = true}, format));
    ASSERT_EQ(world.devices.size(), before.size());
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(world.devices[i]->spec, before[i]->spec);
    EXPECT_EQ(plan(text, {}, format).counts(), (std::array<std::size_t, kImportActions>{0, 0, 300, 0, 0}));
  }
}

TEST_F(ImportPlanTest, an_empty_export_is_an_empty_import) {
  for (const auto format : {ImportFormat::csv, ImportFormat::yaml}) {
    const auto planned = plan(export_head(format) + export_tail(format, false), {}, format);
    EXPECT_EQ(planned.rows, 0U);
    EXPECT_FALSE(planned.refused);
  }
}

TEST_F(ImportPlanTest, the_same_file_twice_changes_nothing_the_second_time) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  for (int i = 0; i < 50; ++i) have("d" + std::to_string(i), "10.0.0." + std::to_string(i + 1));
  std::string text = "id,name,address,http_port,password,tags\n";
  for (int i = 0; i < 80; ++i) {
    const auto n = std::to_string(i);
    const bool by_id = random() % 2 == 0;
    text += (by_id ? "d" + n : "") + ",n" + n + ",10.0.0." + std::to_string(i + 1) + ',' +
            (by_id && random() % 3 == 0 ? "81" : "80") + ",p" + std::to_string(random() % 3) + ",t;u\n";
  }
  auto first = plan(text);
  EXPECT_EQ(first.counts(), (std::array<std::size_t, kImportActions>{30, 50, 0, 0, 0})) << told(first);
  apply(std::move(first));
  EXPECT_EQ(plan(text, {.prune = true}).counts(), (std::array<std::size_t, kImportActions>{0, 0, 80, 0, 0}));
}

}  // namespace
}  // namespace camfleet::fleet
