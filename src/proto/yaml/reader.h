#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace camfleet::yaml {

// Where something stands, counted from 1 as an editor counts.
struct Place {
  std::size_t line = 1;
  std::size_t column = 1;
};

struct Limits {
  std::size_t depth = 32;          // of lists and mappings in each other
  std::size_t aliases = 100;       // in the whole text
  std::size_t replayed = 10'000;   // events that aliases stand for, in the whole text
  std::size_t scalar = 8 * 1024;   // bytes of one value
  std::size_t keys = 256;          // of one mapping
  std::size_t ahead = 256 * 1024;  // bytes that are read before what stands first is known: the size of one
                                   // {...} or [...], of one value, of one comment
};

// What a text says, in its order. Views live for the call. The handler ends the reading with an error.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual Result<> begin_list(Place at) = 0;
  virtual Result<> end_list() = 0;
  virtual Result<> begin_map(Place at) = 0;
  virtual Result<> key(Place at, std::string_view name) = 0;  // its value comes next
  virtual Result<> end_map() = 0;
  // As it is written: `no`, `0123` and `1e3` are texts, and what they mean is the handler's to say.
  virtual Result<> scalar(Place at, std::string_view text) = 0;
  virtual Result<> null(Place at) = 0;  // nothing, ~ or null, not in quotes
};

// The safe part of YAML 1.2, one document. api.bad_request, its place begins with "line L, column C: ": what
// YAML does not allow, and tags other than those of the core schema, merge keys, the same key twice, keys
// that are not plain texts, aliases into what they stand in, a second document, and all that is past a limit.
// An alias is handed on as what it stands for. The depth of what is refused costs nothing: it is refused
// while it is being read. Values may be passwords: an error shows none.
Result<> read(std::string_view text, Handler& handler, const Limits& limits = {});

}  // namespace camfleet::yaml
