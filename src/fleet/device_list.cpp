// Pages of the fleet. A page looks at every device's few bytes that filter and order want, under the lock of
// the map, and makes views of its own rows alone.
#include "fleet/device_list.h"

#include <algorithm>
#include <mutex>

#include "base/text.h"
#include "fleet/device.h"
#include "fleet/fleet.h"
#include "fleet/page_cursor.h"

namespace camfleet::fleet {
namespace {

constexpr std::size_t kMostRows = 1'000;

bool matches(const DeviceFilter& filter, const Device& device, const model::DeviceSpec& spec) {
  if (filter.empty()) return true;
  const auto& status = device.status;
  if (filter.has_state() && !filter.matches_state(status.state(), status.reason())) return false;
  if (!filter.matches_spec(spec)) return false;
  return !filter.has_text() || filter.matches_text(spec, status.facts().get());
}

// A row's key: a number or a text, and its id. The texts are the record's own.
struct Key {
  std::int64_t number = 0;
  std::string_view text;
  std::string_view id;
};

Key key_of(const Device& device, const model::DeviceSpec& spec, DeviceSort by) {
  Key key{0, {}, spec.id.str()};
  switch (by) {
    case DeviceSort::id:
      break;
    case DeviceSort::name:
      key.text = spec.name;
      break;
    case DeviceSort::address:
      key.text = spec.address;
      break;
    case DeviceSort::state:
      key.number = static_cast<std::int64_t>(device.status.state());
      break;
    case DeviceSort::since:
      key.number = device.status.since().time_since_epoch().count();
      break;
    case DeviceSort::last_heard:
      key.number = device.status.heard().value_or(WallTime{}).time_since_epoch().count();
      break;
  }
  return key;
}

bool before(const Key& a, const Key& b) {
  if (a.number != b.number) return a.number < b.number;
  if (const auto order = natural(a.text, b.text); order != 0) return order < 0;
  return a.id < b.id;
}

struct Row {
  Key key;
  Device::Record record;
  const std::shared_ptr<Device>* device;
};

// The first `most` rows after a mark in an order, however many are offered: a heap whose top is the last of
// them.
class FirstRows {
 public:
  FirstRows(const DeviceOrder& order, const std::optional<PageMark>& mark, std::size_t most)
      : order_(order), mark_(mark), most_(most) {
    if (mark_) after_ = {mark_->number, mark_->text, mark_->id};
  }
  void offer(const std::shared_ptr<Device>& device, Device::Record record) {
    const auto key = key_of(*device, record->spec, order_.by);
    if (mark_ && !earlier(after_, key)) return;
    if (rows_.size() == most_) {
      if (!earlier(key, rows_.front().key)) return;
      std::ranges::pop_heap(rows_, by_order());
      rows_.pop_back();
    }
    rows_.push_back({key, std::move(record), &device});
    std::ranges::push_heap(rows_, by_order());
  }
  std::vector<Row> take() {
    std::ranges::sort_heap(rows_, by_order());
    return std::move(rows_);
  }

 private:
  struct ByOrder {
    const FirstRows& rows;
    bool operator()(const Row& a, const Row& b) const { return rows.earlier(a.key, b.key); }
  };
  ByOrder by_order() const { return {*this}; }
  bool earlier(const Key& a, const Key& b) const { return order_.descending ? before(b, a) : before(a, b); }
  const DeviceOrder order_;
  const std::optional<PageMark>& mark_;
  const std::size_t most_;
  Key after_;
  std::vector<Row> rows_;
};

}  // namespace

Result<DevicePage> Fleet::list(const DeviceQuery& query) const {
  const auto list = "devices " + to_text(query.order);
  std::optional<PageMark> mark;
  if (!query.cursor.empty()) {
    auto parsed = parse_cursor(query.cursor, list);
    if (!parsed) return fail(parsed.error());
    mark = std::move(*parsed);
  }
  const auto limit = std::clamp<std::size_t>(query.limit, 1, kMostRows);
  DevicePage page;
  page.log = moves_.cursor();
  std::vector<std::shared_ptr<Device>> found;
  {
    FirstRows rows{query.order, mark, limit + 1};
    const std::shared_lock lock{mutex_};
    std::size_t total = 0;
    // By id the map is in order already, and the rest of it matters only for the total.
    const bool walk = query.order == DeviceOrder{} && (mark || query.filter.empty());
    auto it = walk && mark ? devices_.upper_bound(mark->id) : devices_.begin();
    for (std::size_t taken = 0; it != devices_.end() && !(walk && taken > limit); ++it) {
      const auto& device = it->second.device;
      if (!device || it->second.leaving) continue;
      auto record = device->record();
      if (!matches(query.filter, *device, record->spec)) continue;
      ++total;
      ++taken;
      rows.offer(device, std::move(record));
    }
    if (query.filter.empty())
      page.total = counts().total;
    else if (!mark)
      page.total = total;
    auto first = rows.take();
    if (first.size() > limit) {
      first.pop_back();
      const auto& key = first.back().key;
      page.next = to_cursor({key.number, std::string{key.text}, std::string{key.id}, 0}, list);
    }
    for (const auto& row : first) found.push_back(*row.device);
  }
  page.items.reserve(found.size());
  for (const auto& device : found) {
    auto view = device->view(false);
    // It may have moved since it was looked at; who asks for rejected ones gets no other.
    if (query.filter.matches(*view)) page.items.push_back(std::move(view));
  }
  return page;
}

Result<ChannelPage> Fleet::channels(const ChannelQuery& query) const {
  PageMark mark;
  if (!query.cursor.empty()) {
    auto parsed = parse_cursor(query.cursor, "channels");
    if (!parsed) return fail(parsed.error());
    mark = std::move(*parsed);
  }
  const auto limit = std::clamp<std::size_t>(query.limit, 1, kMostRows);
  DeviceFilter text;
  if (const auto taken = text.take("q", query.text); !taken) return fail(taken.error());
  ChannelPage page;
  page.log = moves_.cursor();
  const std::shared_lock lock{mutex_};
  for (auto it = devices_.lower_bound(mark.id); it != devices_.end(); ++it) {
    const auto& device = it->second.device;
    if (!device || it->second.leaving) continue;
    const auto record = device->record();
    const auto& spec = record->spec;
    if (!matches(query.filter, *device, spec)) continue;
    const auto facts = device->status.facts();
    if (!facts) continue;
    const bool by_device = text.matches_text(spec, facts.get());
    std::vector<const model::Channel*> channels;
    for (const auto& channel : facts->channels) channels.push_back(&channel);
    std::ranges::sort(channels, {}, &model::Channel::number);
    for (const auto* channel : channels) {
      if (it->first == mark.id && channel->number <= mark.part) continue;
      if (query.online && channel->online != *query.online) continue;
      if (!by_device && !text.finds(channel->name)) continue;
      if (page.items.size() == limit) {
        const auto& last = page.items.back();
        page.next = to_cursor({0, {}, last.device.str(), last.channel->number}, "channels");
        return page;
      }
      page.items.push_back({spec.id, spec.name, device->status.state(), facts, channel});
    }
  }
  return page;
}

std::vector<std::pair<std::string, std::size_t>> Fleet::tags() const {
  std::map<std::string, std::size_t, std::less<>> counts;
  {
    const std::shared_lock lock{mutex_};
    for (const auto& [id, entry] : devices_) {
      if (!entry.device || entry.leaving) continue;
      const auto record = entry.device->record();
      for (const auto& tag : record->spec.tags) {
        const auto it = counts.find(tag);
        if (it == counts.end())
          counts.emplace(tag, 1);
        else
          ++it->second;
      }
    }
  }
  return {counts.begin(), counts.end()};
}

}  // namespace camfleet::fleet
