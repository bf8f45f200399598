#pragma once
#include <string_view>

#include "base/bytes.h"

// As much of "Action Message Format" 0 as onMetaData needs.
namespace camfleet::flv::amf0 {

// At most 65,535 bytes; what is longer is cut.
void append_string(Bytes& out, std::string_view text);

// An ECMA array that is appended to a buffer while it is written. Names as for strings.
class Object {
 public:
  explicit Object(Bytes& out);
  void number(std::string_view name, double value);
  void boolean(std::string_view name, bool value);
  // Nothing after that.
  void end();

 private:
  void member(std::string_view name);
  Bytes& out_;
  std::size_t count_at_;
  unsigned count_ = 0;
};

}  // namespace camfleet::flv::amf0
