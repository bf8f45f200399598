#pragma once
#include <cstddef>

#include "fleet/fleet.h"

namespace camfleet::app {

// Who may take the last descriptors of the process. Devices come first: what those that are not connected
// just now will want again, after a power cut say, nobody else takes. Then the API, then viewers. Each line
// is the number of a descriptor that is not theirs any more. Thread-safe.
class DescriptorLines {
 public:
  static constexpr std::size_t kOwn = 32;     // files, databases, name servers, brokers
  static constexpr std::size_t kForApi = 96;  // which viewers may not take
  static constexpr std::size_t kToTell = 32;  // of these: viewers over RTSP who are told that it is full

  // `fleet` outlives it.
  DescriptorLines(std::size_t descriptors, const fleet::Fleet& fleet)
      : descriptors_(descriptors), fleet_(fleet) {}

  int api() const { return line(kOwn); }
  int rtsp() const { return line(kOwn + kForApi - kToTell); }
  bool viewers_full() const;

 private:
  // So many below what devices leave.
  int line(std::size_t below) const;

  const std::size_t descriptors_;
  const fleet::Fleet& fleet_;
};

}  // namespace camfleet::app
