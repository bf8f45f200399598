#pragma once
#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/caller.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/whereabouts.h"

namespace camfleet::cli {

namespace json = boost::json;

// The options that every verb takes.
struct Common {
  Given given;
  std::string lang;
  std::string ca;
  bool insecure_tls = false;
  bool json = false;
  bool quiet = false;
  bool yes = false;
  unsigned timeout_s = 0;  // 0: what the verb thinks right
};

// What a verb works with: the options of all, the output, the gateway. A failure is told to the user where it
// is found and then is an exit code.
class Context {
 public:
  Common common;
  Output out;
  Environment environment = process_environment();

  // The gateway; found at the first call.
  Outcome<Caller*> caller();
  // Its answer where it is a 2xx; else its problem is printed and the exit code tells which kind.
  Outcome<net::HttpResponse> call(const Caller::Request& request);
  // The same, read as JSON.
  Outcome<json::value> ask(const Caller::Request& request);
  Outcome<json::value> get(const std::string& target) { return ask({.target = target}); }
  // All pages of a list; `query` without '?'. At most a million items. Lists that are short by nature have
  // one page and take no limit: `paged` false.
  Outcome<std::vector<json::value>> all(const std::string& path, const std::string& query = {},
                                        bool paged = true);
  // The answer of a change: printed as it is with --json, else `said` as a note.
  Exit done(const net::HttpResponse& answer, const std::string& said);
  // {"items":[...]} of all pages.
  void print_items(const std::vector<json::value>& items) const;

  // Prints what the gateway refused, or that there is none.
  Exit refused(const net::HttpResponse& answer) const;
  Exit unreachable(const Error& error) const;
  Exit usage(std::string_view text) const;
  // True with --yes, or when the person at the terminal agrees; without a terminal --yes is needed. Prints.
  Outcome<> confirm(const std::string& question) const;

  // For a verb whose answers take longer than 30 s: an import of 100,000 rows.
  void be_patient(std::chrono::seconds timeout) { patience_ = timeout; }

 private:
  std::unique_ptr<Caller> caller_;
  std::chrono::seconds patience_{30};
};

// Members of a JSON object as text for people; empty where there is none. Numbers and booleans are spelled.
std::string text_of(const json::value& object, std::string_view member);
const json::value* member_of(const json::value& object, std::string_view member);
// An id as one segment of a path.
std::string segment(const std::string& id);

}  // namespace camfleet::cli
