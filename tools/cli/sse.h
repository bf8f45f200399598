#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace camfleet::cli {

// Server-sent events out of their bytes (HTML Living Standard, section 9.2.6): lines end in LF, CR or CRLF,
// comments are skipped, several data lines are joined by LF. An event larger than 1 MiB is dropped.
class SseReader {
 public:
  struct Event {
    std::string id;
    std::string name;  // empty: "message"
    std::string data;
  };
  using Take = std::function<bool(const Event&)>;  // false: enough

  explicit SseReader(Take take) : take_(std::move(take)) {}
  // False where the taker had enough.
  bool feed(std::string_view bytes);
  // Of the last event that had one: for Last-Event-ID.
  const std::string& last_id() const { return last_id_; }

 private:
  bool line(std::string_view text);

  Take take_;
  std::string pending_;
  Event event_;
  std::string last_id_;
  bool has_data_ = false;
  bool too_large_ = false;
  bool after_cr_ = false;
};

}  // namespace camfleet::cli
