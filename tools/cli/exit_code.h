#pragma once
#include <expected>

namespace camfleet::cli {

// What `camfleet VERB` ends with; scripts rely on these, docs/cli.md lists them.
enum class Exit {
  ok = 0,
  refused = 1,         // the gateway says no; its problem is printed
  usage = 2,           // the command line makes no sense
  unreachable = 3,     // no gateway there, or its certificate is refused
  not_authorised = 4,  // no token, a wrong one, or one that may not do this
  partly = 5,          // some were done and some were not
  unwell = 6,          // doctor found something that must be mended
};

// A value, or the exit code of a failure that has been told to the user already.
template <class T = void>
using Outcome = std::expected<T, Exit>;
inline std::unexpected<Exit> ended(Exit code) { return std::unexpected<Exit>(code); }

}  // namespace camfleet::cli
