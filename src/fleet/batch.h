#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/device.h"
#include "fleet/fleet.h"

namespace camfleet::fleet {

// Changes on their way through Fleet::apply(): checked, claimed, written, shown. Of 20,000 changes each step
// gives the loop back between slices of a few hundred, and the fleet's mutex is held for one slice at most.
// A value of one coroutine; it ends when all its changes have their results.
class Fleet::Batch {
 public:
  Batch(Fleet& fleet, std::vector<Change> changes, Atomicity atomicity, bool dry, model::ScopePtr scope);

  // First. Those whose turn it must be, each once.
  net::Task<std::vector<std::string>> gather();
  net::Task<> run();
  std::vector<ChangeResult> take_results() { return std::move(results_); }

 private:
  enum class Kind : std::uint8_t { add, edit, remove };
  struct Item {
    Kind kind = Kind::add;
    model::DeviceId id;
    NewDevice device;  // add: as given; edit: as patched
    DevicePatch patch;
    std::optional<std::uint64_t> if_revision;
    Error refused;
    Effect effect = Effect::none;
    Adoption adoption;
    std::shared_ptr<Device> running;
    Device::Record before;
    Device::Record after;
    std::string leaves;      // the place that it gives up
    std::string takes;       // the place that it needs
    bool has_id = false;     // an add took its id in the fleet's table
    bool has_place = false;  // it took a place that was nobody's
    model::DeviceViewPtr view;

    bool goes_on() const { return !refused && effect != Effect::none; }
  };

  void gather(Change& change);
  // Each alone, as if the others were not there.
  net::Task<> check();
  void check(Item& item);
  void check_edit(Item& item);
  static bool was_so_before(const Item& item, Code why);
  Result<bool> password_changes(const Item& item) const;
  // Ids, places and room, against the fleet and the others.
  net::Task<> claim();
  void claim(Item& item);
  model::DeviceId free_id(const model::DeviceSpec& spec);
  std::string place_of(const std::string& owner) const;
  void refuse(Item& item, Error why);
  bool refused_as_a_whole();
  net::Task<> give_back();
  void give_back(Item& item);
  // Disk, then memory.
  net::Task<bool> write();
  net::Task<> show();
  void come(Item& item);
  void leave(Item& item);
  static net::Task<> finish(Fleet& fleet, std::vector<Item*> items);
  net::Task<> foresee();
  static model::DeviceViewPtr foreseen(Item& item);
  void tell() const;
  net::Task<std::vector<ChangeResult>> results();

  Fleet& fleet_;
  const Atomicity atomicity_;
  const bool dry_;
  const model::ScopePtr scope_;  // of the caller
  std::vector<Change> changes_;  // until they are gathered
  std::vector<Item> items_;
  std::vector<ChangeResult> results_;
  std::unordered_map<std::string, std::size_t> by_id_;
  std::unordered_map<std::string, std::size_t> numbered_;  // the last number behind a generated id
  std::unordered_map<std::string, Item*> leaving_;         // places that become free by this batch
  std::unordered_map<std::string, Item*> taking_;          // and those that it takes
  std::size_t adding_ = 0;
  std::size_t removing_ = 0;
};

}  // namespace camfleet::fleet
