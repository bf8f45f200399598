#pragma once
#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "cli/context.h"

namespace camfleet::cli {

// Which devices a verb is about: by id, or by what the API filters by.
struct Selection {
  std::vector<std::string> ids;
  std::vector<std::string> states;
  std::vector<std::string> tags;
  std::vector<std::string> drivers;
  std::vector<std::string> reasons;
  std::string text;

  void declare_filters(CLI::App& verb);
  void declare_ids(CLI::App& verb);
  bool has_filter() const;
  // "state=online&tag=north"; empty where nothing was given.
  std::string query() const;
};

// The ids that are meant, asked of the gateway where a filter was given. Nothing given is a usage error: a
// change of all devices is never an accident.
Outcome<std::vector<std::string>> chosen(Context& context, const Selection& selection);

// Does one thing to each of the devices, and tells which could not be done: Exit::partly where some could,
// the code of the last failure where none. `what` reads "2 devices removed".
struct Each {
  std::string past;  // "removed"
  std::function<Outcome<net::HttpResponse>(Context&, const std::string& id)> act;
};
Exit for_each_device(Context& context, const std::vector<std::string>& ids, const Each& each);

}  // namespace camfleet::cli
