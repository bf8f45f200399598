#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "fleet/device_filter.h"

namespace camfleet::api {

// The parameters of one request. Who reads them takes each by its name, and at the end done() refuses what
// nobody knew: a misspelled filter must not mean everything.
class Query {
 public:
  static constexpr std::size_t kMaxParameters = 256;

  // api.bad_request: a '%' without two digits, not UTF-8, a parameter without a name, too many.
  static Result<Query> read(std::string_view raw);

  // The value, or nothing where it was not given; api.bad_request where it was given twice.
  Result<std::optional<std::string>> one(std::string_view name);
  // `fallback` where it was not given; api.bad_request outside of low to high.
  Result<std::size_t> number(std::string_view name, std::size_t low, std::size_t high, std::size_t fallback);
  Result<std::optional<bool>> flag(std::string_view name);
  // "a,b" and several times the same name; nothing where it was not given.
  std::vector<std::string> many(std::string_view name);
  // Takes what a filter of devices knows.
  Result<fleet::DeviceFilter> filter();
  // api.bad_request names the first parameter that nobody took.
  Result<void> done() const;

 private:
  std::vector<std::pair<std::string, std::string>> left_;
};

}  // namespace camfleet::api
