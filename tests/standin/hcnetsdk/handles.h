#pragma once
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace camfleet::standin {

// Numbers for things. A number that was given back is the next one given out, as with the real library.
// Thread-safe.
template <class T>
class Handles {
 public:
  // -1: there are `limit` of them.
  int add(std::shared_ptr<T> thing, std::size_t limit) {
    const std::lock_guard guard{mutex_};
    if (count_ >= limit) return -1;
    std::size_t at = 0;
    while (at < slots_.size() && slots_[at]) ++at;
    if (at == slots_.size()) slots_.emplace_back();
    slots_[at] = std::move(thing);
    ++count_;
    return static_cast<int>(at);
  }
  std::shared_ptr<T> find(int number) const {
    const std::lock_guard guard{mutex_};
    return holds(number) ? slots_[static_cast<std::size_t>(number)] : nullptr;
  }
  std::shared_ptr<T> remove(int number) {
    const std::lock_guard guard{mutex_};
    if (!holds(number) || !slots_[static_cast<std::size_t>(number)]) return nullptr;
    --count_;
    return std::exchange(slots_[static_cast<std::size_t>(number)], nullptr);
  }
  std::size_t count() const {
    const std::lock_guard guard{mutex_};
    return count_;
  }
  std::vector<std::shared_ptr<T>> clear() {
    const std::lock_guard guard{mutex_};
    count_ = 0;
    return std::exchange(slots_, {});
  }

 private:
  bool holds(int number) const { return number >= 0 && static_cast<std::size_t>(number) < slots_.size(); }

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<T>> slots_;
  std::size_t count_ = 0;
};

}  // namespace camfleet::standin
