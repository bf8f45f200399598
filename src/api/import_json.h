#pragma once
#include <string>

#include "api/device_json.h"
#include "fleet/import/importer.h"

namespace camfleet::api {

enum class ImportReport { errors, changes, all };  // errors with warnings; without what stays the same; all

// The answer to an import, in pieces of about 64 KiB: a hundred thousand rows are never one text in memory.
// Where the plan was refused and it was no dry run, it is a problem document with the same members.
class ImportJson {
 public:
  ImportJson(const fleet::ImportOutcome& outcome, bool dry_run, ImportReport report, Language language,
             std::string trace_id);
  int status() const;
  std::string_view content_type() const;
  // The next piece; empty: that was all.
  std::string next();

 private:
  std::string head() const;
  bool wanted(const fleet::PlanItem& item) const;
  std::string item_json(const fleet::PlanItem& item) const;

  const fleet::ImportOutcome& outcome_;
  bool dry_run_;
  ImportReport report_;
  Language language_;
  std::string trace_id_;
  std::size_t at_ = 0;
  bool begun_ = false;
  bool any_ = false;
  bool ended_ = false;
};

}  // namespace camfleet::api
