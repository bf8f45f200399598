// camfleet device import, export.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/text.h"
#include "cli/import_report.h"
#include "cli/program.h"
#include "cli/selection.h"
#include "cli/text_width.h"

namespace camfleet::cli {
namespace {

constexpr std::size_t kMostBytes = 16 * 1024 * 1024;  // what the gateway takes
constexpr auto kPatience = std::chrono::minutes{10};

struct Import {
  std::string file;
  std::string format;
  std::string report = "changes";
  bool dry_run = false, prune = false, all_or_nothing = false;
};

std::string type_of(const Import& import) {
  auto format = import.format;
  const auto lower = to_lower(import.file);
  if (format.empty()) format = lower.ends_with(".yaml") || lower.ends_with(".yml") ? "yaml" : "csv";
  return format == "yaml" ? "application/yaml" : "text/csv";
}

// Any answer; a refused import has rows too. The exit code of what was printed where there is none.
Outcome<net::HttpResponse> send(Context& context, const Import& import, Caller::Request& request,
                                bool dry_run) {
  const auto caller = context.caller();
  if (!caller) return ended(caller.error());
  const auto flag = [](bool on) { return on ? "true" : "false"; };
  request.target =
      fmt::format("/api/v1/devices/import?dry_run={}&prune={}&all_or_nothing={}&report={}", flag(dry_run),
                  flag(import.prune), flag(import.all_or_nothing), segment(import.report));
  auto answer = (*caller)->call(request);
  if (!answer) return ended(context.unreachable(answer.error()));
  return std::move(*answer);
}

// What is removed cannot be had back, so its number is shown first.
Outcome<> sure_to_prune(Context& context, const Import& import, Caller::Request& request) {
  if (!import.prune || import.dry_run || context.common.yes) return {};
  const auto answer = send(context, import, request, true);
  if (!answer) return ended(answer.error());
  if (!answer->ok()) return ended(context.refused(*answer));
  boost::system::error_code error;
  const auto plan = json::parse(answer->body, error);
  const auto* counts = member_of(plan, "counts");
  if (counts != nullptr && text_of(*counts, "remove") == "0") return {};
  return context.confirm(fmt::format("{}: go on?", import_counts(plan)));
}

Exit run_import(Context& context, const Import& import) {
  context.be_patient(std::chrono::duration_cast<std::chrono::seconds>(kPatience));
  auto file = read_secret(import.file, kMostBytes);
  if (!file) return context.usage(file.error().place);
  Caller::Request request{.method = "POST", .body = std::string{file->reveal()}, .type = type_of(import)};
  *file = Secret{};
  const auto sure = sure_to_prune(context, import, request);
  auto answer = sure ? send(context, import, request, import.dry_run) : ended(sure.error());
  wipe(request.body);  // the passwords of a whole site
  if (!answer) return answer.error();

  boost::system::error_code error;
  const auto told = json::parse(answer->body, error);
  const bool rows = !error && member_of(told, "items") != nullptr;
  if (context.common.json) {
    if (rows) context.out.json(answer->body);
  } else if (rows && !context.common.quiet) {
    context.out.write(import_report(
        told, [&](const std::string& text, Tone tone) { return context.out.paint(text, tone); }));
    context.out.line(import_counts(told) + (import.dry_run ? " (dry run: nothing was done)" : ""));
  }
  if (!answer->ok()) return context.refused(*answer);
  if (!rows) {
    context.out.complain("the answer is no report: is this a camfleet gateway?");
    return Exit::unreachable;
  }
  const auto* refused = member_of(told, "refused");
  if (refused != nullptr && refused->is_object() && !context.common.json)
    context.out.complain(fmt::format("{}: {} ({})", text_of(*refused, "code"), text_of(*refused, "title"),
                                     text_of(*refused, "detail")));
  return import_exit(told);
}

bool write_and_close(int file, std::string_view text, bool sync) {
  bool whole = true;
  while (!text.empty() && whole) {
    const auto sent = ::write(file, text.data(), text.size());
    if (sent < 0 && errno == EINTR) continue;
    whole = sent > 0;
    if (whole) text.remove_prefix(static_cast<std::size_t>(sent));
  }
  whole = whole && (!sync || ::fsync(file) == 0);
  const int why = errno;
  ::close(file);
  errno = why;
  return whole;
}

// Whole or not at all: beside the file first, then in its place. What is no file (/dev/stdout, a pipe) is
// written to and never replaced, and a link goes on leading where it led.
std::string write_file(const std::string& path, std::string_view text) {
  struct stat there {};
  const bool exists = ::stat(path.c_str(), &there) == 0;
  if (exists && !S_ISREG(there.st_mode)) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return file >= 0 && write_and_close(file, text, false) ? std::string{} : std::strerror(errno);
  }
  std::error_code none;
  const auto real = std::filesystem::canonical(path, none);
  const auto target = exists && !none ? real.string() : path;
  const auto beside = target + ".part";
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return std::strerror(errno);
  if (write_and_close(file, text, true) && ::rename(beside.c_str(), target.c_str()) == 0) return {};
  const int why = errno;
  ::unlink(beside.c_str());
  return std::strerror(why);
}

struct Export {
  std::string file = "-";
  std::string format;
  bool bom = false;
  Selection selection;
};

Exit run_export(Context& context, const Export& wish) {
  context.be_patient(std::chrono::duration_cast<std::chrono::seconds>(kPatience));
  auto format = wish.format;
  const auto lower = to_lower(wish.file);
  if (format.empty()) format = lower.ends_with(".yaml") || lower.ends_with(".yml") ? "yaml" : "csv";
  auto query = "format=" + format;
  if (wish.bom) query += "&bom=true";
  if (const auto filter = wish.selection.query(); !filter.empty()) query += '&' + filter;
  Caller::Request request{.target = "/api/v1/devices/export?" + query};
  request.headers.add("Accept", format == "yaml" ? "application/yaml" : "text/csv");
  const auto answer = context.call(request);
  if (!answer) return answer.error();
  if (wish.file != "-") {
    if (const auto why = write_file(wish.file, answer->body); !why.empty()) {
      context.out.complain(wish.file + ": " + why);
      return Exit::refused;
    }
    context.out.note(fmt::format("{}: written; passwords are not in it", wish.file));
    return Exit::ok;
  }
  if (!context.out.terminal()) {
    context.out.write(answer->body);
    return Exit::ok;
  }
  for (std::string_view rest{answer->body}; !rest.empty();) {
    auto line = take_until(rest, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    context.out.line(for_terminal(line));
  }
  return Exit::ok;
}

}  // namespace

void add_import_verbs(Program& program, CLI::App& device) {
  auto import = std::make_shared<Import>();
  auto& verb = program.verb(
      device, "import", "Add and change devices by a file (CSV or YAML); see first with --dry-run",
      {"camfleet device import site.csv --dry-run", "camfleet device import site.csv --prune",
       "camfleet-sim --devices 500 --export-only | camfleet device import - --all-or-nothing"},
      [import](Context& context) { return run_import(context, *import); });
  verb.add_option("file", import->file, "The file; - is the standard input")->required();
  verb.add_option("--format", import->format, "csv or yaml; else by the name of the file")
      ->check(CLI::IsMember({"csv", "yaml"}));
  verb.add_flag("--dry-run", import->dry_run, "Show row by row what would be done, and do nothing");
  verb.add_flag("--prune", import->prune, "Remove the devices that the file does not name; asks first");
  verb.add_flag("--all-or-nothing", import->all_or_nothing, "Where a row is refused, do nothing at all");
  verb.add_option("--report", import->report, "Which rows to show: errors, changes or all")
      ->check(CLI::IsMember({"errors", "changes", "all"}))
      ->capture_default_str();

  auto wish = std::make_shared<Export>();
  auto& out =
      program.verb(device, "export", "The devices as a file that import reads; without passwords",
                   {"camfleet device export site.csv", "camfleet device export --tag north --format yaml"},
                   [wish](Context& context) { return run_export(context, *wish); });
  out.add_option("file", wish->file, "The file; - is the standard output")->capture_default_str();
  out.add_option("--format", wish->format, "csv or yaml; else by the name of the file")
      ->check(CLI::IsMember({"csv", "yaml"}));
  out.add_flag("--bom", wish->bom, "Begin with a byte order mark, for spreadsheets");
  wish->selection.declare_filters(out);
}

}  // namespace camfleet::cli
