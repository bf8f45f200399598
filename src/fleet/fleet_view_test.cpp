#include "fleet/fleet_view.h"

#include <gtest/gtest.h>

#include "fleet/import/importer.h"
#include "fleet/testing/fleet_rig.h"

namespace camfleet::fleet {
namespace {

using enum model::DeviceState;

class FleetViewTest : public testing::FleetRig {
 protected:
  FleetViewTest() {
    auto made = std::make_shared<model::Scope>();
    made->tags = {"north", "east"};
    made->devices = {model::DeviceId{"named"}};
    scope = std::move(made);
    add_off("gate-7", "10.0.0.7", {"north", "door"});
    add_off("gate-8", "10.0.0.8", {"south"});
    add_off("gate-9", "10.0.0.9", {});
    add_off("named", "10.0.0.10", {});
    add_off("roof", "10.0.0.11", {"east"});
  }
  void add_off(const std::string& id, const std::string& address, std::vector<std::string> tags) {
    auto one = device(id, address);
    one.spec.tags = std::move(tags);
    one.spec.enabled = false;
    ASSERT_TRUE(add(std::move(one)));
  }
  FleetView view() { return {*fleet, scope}; }
  static std::string said(const Error& error) { return std::string{name(error.code)} + ' ' + error.place; }
  static std::string said(const ChangeResult& result) { return result ? "ok" : said(result.error()); }
  ChangeResult tagged(const std::string& id, std::vector<std::string> tags) {
    DevicePatch patch;
    patch.tags = std::move(tags);
    return wait_for(view().edit({model::DeviceId{id}, std::move(patch), {}}));
  }
  static std::vector<std::string> ids(const DevicePage& page) {
    std::vector<std::string> out;
    for (const auto& item : page.items) out.push_back(item->spec.id.str());
    return out;
  }

  model::ScopePtr scope;
};

TEST_F(FleetViewTest, shows_what_is_in_the_scope_and_counts_nothing_else) {
  for (const auto& query : {DeviceQuery{}, DeviceQuery{.limit = 1}}) {
    auto page = view().list(query);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->total, 3U);
    auto found = ids(*page);
    for (auto next = query; page->next;) {
      next.cursor = *page->next;
      page = view().list(next);
      ASSERT_TRUE(page);
      for (auto& id : ids(*page)) found.push_back(std::move(id));
    }
    EXPECT_EQ(found, (std::vector<std::string>{"gate-7", "named", "roof"}));
  }
  DeviceQuery south;
  ASSERT_TRUE(south.filter.take("tag", "south"));
  EXPECT_EQ(view().list(south)->total, 0U) << "a filter widens nothing";
  const auto counts = view().counts();
  EXPECT_EQ(counts.total, 3U);
  EXPECT_EQ(counts.states[static_cast<std::size_t>(disabled)], 3U);
  ASSERT_EQ(counts.summary.size(), 1U);
  EXPECT_EQ(counts.summary.front().count, 3U);
  EXPECT_EQ(FleetView(*fleet, nullptr).counts().total, 5U);
  EXPECT_EQ(FleetView::of_nothing(*fleet).counts().total, 0U);
  EXPECT_TRUE(FleetView::of_nothing(*fleet).list({})->items.empty());
}

TEST_F(FleetViewTest, a_device_outside_is_answered_as_one_that_is_not_there) {
  for (const std::string id : {"gate-8", "gate-9", "nobody"}) {
    const model::DeviceId device{id};
    const auto unknown = "device.unknown " + id;
    EXPECT_EQ(said(view().show(device).error()), unknown);
    EXPECT_EQ(said(view().reconnect(device).error()), unknown);
    EXPECT_EQ(said(wait_for(view().remove(device)).error()), unknown);
    EXPECT_EQ(said(wait_for(view().remove(device, 99)).error()), unknown) << "not by its revision either";
    EXPECT_EQ(said(tagged(id, {"north"})), unknown) << "nobody takes a device into his scope";
    EXPECT_EQ(said(wait_for(view().snapshot({device, 1, model::Profile::main}, kNever)).error()), unknown);
    std::vector<Change> changes;
    changes.emplace_back(EditDevice{device, {}, {}});
    EXPECT_EQ(said(wait_for(view().preview(std::move(changes), Atomicity::each)).front()), unknown);
  }
  EXPECT_EQ(fleet->counts().total, 5U);
}

TEST_F(FleetViewTest, what_it_changes_stays_in_the_scope) {
  EXPECT_EQ(tagged("gate-7", {"south"}).error().code, Code::auth_forbidden);
  EXPECT_EQ(show("gate-7")->spec.tags, (std::vector<std::string>{"north", "door"}));
  EXPECT_TRUE(tagged("gate-7", {"east"})) << "another tag of the scope";
  EXPECT_TRUE(tagged("named", {}));
  EXPECT_EQ(wait_for(view().add(device("new", "10.0.0.20"))).error().code, Code::auth_forbidden);
  auto inside = device("new", "10.0.0.20");
  inside.spec.tags = {"north"};
  EXPECT_TRUE(wait_for(view().add(std::move(inside))));
}

TEST_F(FleetViewTest, whose_an_id_or_an_address_is_is_told_of_its_own_alone) {
  const auto at = [&](const std::string& id, const std::string& address) {
    auto one = device(id, address);
    one.spec.tags = {"north"};
    return said(wait_for(view().add(std::move(one))).error());
  };
  EXPECT_EQ(at("new", "10.0.0.8"), "device.exists address: is taken");
  EXPECT_EQ(at("new", "10.0.0.7"), "device.exists address: this is device gate-7");
  EXPECT_EQ(at("gate-8", "10.0.0.20"), "device.exists id: gate-8");
}

TEST_F(FleetViewTest, an_import_ends_at_the_edge_of_the_scope) {
  const std::string file =
      "id,address,tags\n"
      "gate-7,10.0.0.7,north;door\n"  // same
      "gate-8,10.0.0.8,north\n"       // another one's id
      "new-1,10.0.0.9,north\n"        // another one's place
      "new-2,10.0.0.30,south\n"       // outside
      "new-3,10.0.0.31,east\n"        // ours
      "named,10.0.0.10,\n"            // same
      "roof,10.0.0.11,south\n";       // would leave
  Importer importer{*fleet};
  for (const bool dry : {true, false}) {
    const auto outcome = wait_for(importer.run(file, ImportFormat::csv, {}, dry, scope));
    ASSERT_TRUE(outcome) << outcome.error().text();
    std::vector<std::string> became;
    for (const auto& item : (*outcome)->plan.items) {
      auto text = item.id.str() + ' ' + std::string{to_text(item.action)};
      for (const auto& error : item.errors) text += ' ' + std::string{name(error.code)} + ' ' + error.reason;
      became.push_back(text.substr(0, text.find(" it would")));
    }
    EXPECT_EQ(became,
              (std::vector<std::string>{"gate-7 same", "gate-8 error device.exists gate-8",
                                        "new-1 error device.exists is taken", "new-2 error auth.forbidden",
                                        "new-3 add", "named same", "roof error auth.forbidden"}))
        << dry;
  }
  ImportOptions prune;
  prune.prune = true;
  const auto pruned = wait_for(
      importer.run("id,address,tags\ngate-7,10.0.0.7,north\n", ImportFormat::csv, prune, false, scope));
  ASSERT_TRUE(pruned);
  EXPECT_TRUE((*pruned)->applied);
  EXPECT_EQ(ids(*fleet->list({})), (std::vector<std::string>{"gate-7", "gate-8", "gate-9"}));
}

}  // namespace
}  // namespace camfleet::fleet
