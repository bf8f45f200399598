#pragma once
#include <boost/json/value.hpp>
#include <functional>
#include <string>

#include "cli/exit_code.h"
#include "cli/table.h"

namespace camfleet::cli {

// The answer to an import as people read it: a line a row,
//   + 12  gate-7  10.0.0.7  North gate        (~ changed, - removed, = the same, ! refused)
// below it what changes, `field: before -> after`, or what is wrong, then the counts.
using Paint = std::function<std::string(const std::string&, Tone)>;
std::string import_report(const boost::json::value& answer, const Paint& paint);

// "3 added, 1 changed, 0 removed, 20 unchanged, 2 refused"
std::string import_counts(const boost::json::value& answer);

// 5 where some rows were refused, 1 where all were or nothing was done because of one.
Exit import_exit(const boost::json::value& answer);

}  // namespace camfleet::cli
