#include "auth/issued_tokens.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "auth/private_file.h"
#include "base/log.h"
#include "base/text.h"

namespace camfleet::auth {
namespace {

using std::chrono::seconds;
constexpr std::string_view kVersionLine = "camfleet-live-tokens 1\n";
constexpr std::size_t kLongestLine = 160;
constexpr std::size_t kIdDigits = 24;
constexpr seconds kRest{5};  // of a disk that refused

std::int64_t unix_seconds(WallTime time) {
  return std::chrono::floor<seconds>(time).time_since_epoch().count();
}
std::string line_of(std::string_view id, WallTime before, const model::StreamKey& stream) {
  return fmt::format("{} {} {}\n", id, unix_seconds(before), model::to_text(stream));
}
std::string_view issuer_of(std::string_view id) { return id.substr(0, IssuedTokens::kIssuerDigits); }

}  // namespace

bool IssuedTokens::put(const model::Grant& grant) {
  if (!issued_.try_emplace({grant.start_before, grant.id}, grant.stream).second) return false;
  ++of_issuer_[std::string{issuer_of(grant.id)}];
  return true;
}

void IssuedTokens::drop(std::map<Place, model::StreamKey>::iterator at) {
  const auto issuer = of_issuer_.find(issuer_of(at->first.second));
  if (--issuer->second == 0) of_issuer_.erase(issuer);
  issued_.erase(at);
}

void IssuedTokens::forget_ended(WallTime now) {
  while (!issued_.empty() && issued_.begin()->first.first <= now) drop(issued_.begin());
}

Result<void> IssuedTokens::add(const model::Grant& grant) {
  const auto now = clock_.wall();
  const std::lock_guard lock{mutex_};
  forget_ended(now);
  const auto issuer = issuer_of(grant.id);
  const auto of_one = of_issuer_.find(issuer);
  const bool too_many_of_one = of_one != of_issuer_.end() && of_one->second >= kMostOfOne;
  if (too_many_of_one || issued_.size() >= kMost) {
    const auto next = std::ranges::find_if(issued_, [&](const auto& entry) {
      return !too_many_of_one || issuer_of(entry.first.second) == issuer;
    });
    const auto wait = std::chrono::ceil<seconds>(next->first.first - now).count();
    return fail(
        Error{Code::auth_too_many_live_tokens,
              too_many_of_one ? fmt::format("{} of one issuer", kMostOfOne) : fmt::format("{}", kMost),
              static_cast<int>(std::max<std::int64_t>(1, wait))});
  }
  put(grant);
  if (file_.empty()) return {};
  if (!anew_) pending_ += line_of(grant.id, grant.start_before, grant.stream);
  ++pending_lines_;
  return {};
}

void IssuedTokens::remove(std::string_view id) {
  const std::lock_guard lock{mutex_};
  const auto found =
      std::ranges::find_if(issued_, [id](const auto& entry) { return entry.first.second == id; });
  if (found != issued_.end()) drop(found);
}

void IssuedTokens::remove_all_of(std::string_view issuer) {
  const std::lock_guard lock{mutex_};
  for (auto at = issued_.begin(); at != issued_.end();) {
    const auto next = std::next(at);
    if (issuer_of(at->first.second) == issuer) drop(at);
    at = next;
  }
}

std::vector<model::Grant> IssuedTokens::list(const std::optional<Place>& after, std::size_t most,
                                             std::string_view issuer) const {
  const auto now = clock_.wall();
  std::vector<model::Grant> out;
  const std::lock_guard lock{mutex_};
  for (auto at = after ? issued_.upper_bound(*after) : issued_.begin(); at != issued_.end(); ++at) {
    if (out.size() == most) break;
    if (!issuer.empty() && issuer_of(at->first.second) != issuer) continue;
    if (at->first.first > now) out.push_back({at->first.second, at->second, at->first.first});
  }
  return out;
}

std::size_t IssuedTokens::size() const {
  const std::lock_guard lock{mutex_};
  return issued_.size();
}

Result<void> IssuedTokens::keep() {
  const std::lock_guard writing{writing_};
  std::string more;
  std::size_t lines = 0;
  bool all = false;
  {
    const std::lock_guard lock{mutex_};
    if (pending_lines_ == 0) return {};
    if (clock_.steady() < not_before_) return fail(Code::storage_failed, file_.string());
    all = anew_ || lines_ + pending_lines_ > 2 * issued_.size() + kSlack;
    more.swap(pending_);
    lines = std::exchange(pending_lines_, 0);
    anew_ = false;
  }
  const auto kept = all ? write_all() : append_private(file_, more);
  const std::lock_guard lock{mutex_};
  if (kept) {
    if (!all) lines_ += lines;
    return {};
  }
  // What an append left may be half a line.
  anew_ = true;
  pending_.clear();
  pending_lines_ += lines;
  not_before_ = clock_.steady() + kRest;
  return fail(Code::storage_failed, kept.error().place);
}

// What is added meanwhile is pending, and perhaps in both: the id tells.
Result<void> IssuedTokens::write_all() {
  std::string content{kVersionLine};
  {
    const std::lock_guard lock{mutex_};
    forget_ended(clock_.wall());
    lines_ = issued_.size();
    for (const auto& [place, stream] : issued_) content += line_of(place.second, place.first, stream);
  }
  return replace_private(file_, content);
}

Result<void> IssuedTokens::load() {
  if (file_.empty()) return {};
  auto content = read_private(file_, (2 * kMost + 2 * kSlack) * kLongestLine);
  if (!content) return fail(of_a_list(content.error()));
  if (!*content) return {};
  const auto now = clock_.wall();
  const std::lock_guard lock{mutex_};
  std::string_view rest = **content;
  std::size_t broken = 0;
  if (rest.starts_with(kVersionLine))
    rest.remove_prefix(kVersionLine.size());
  else
    ++broken;
  while (!rest.empty()) {
    if (rest.find('\n') == std::string_view::npos) {  // cut off
      ++broken;
      break;
    }
    ++lines_;
    read_line(take_until(rest, '\n'), now, broken);
  }
  anew_ = broken > 0;
  if (broken > 0) log::warn("auth.live_tokens_damaged", {{"file", file_.string()}, {"lines", broken}});
  return {};
}

void IssuedTokens::read_line(std::string_view line, WallTime now, std::size_t& broken) {
  const auto id = take_until(line, ' ');
  const auto before = parse_int<std::int64_t>(take_until(line, ' '));
  const auto stream = model::parse_stream_key(line);
  const bool is_id = id.size() == kIdDigits && std::ranges::all_of(id, [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                     });
  if (!is_id || !before || *before < 0 || *before > 253'402'300'799 || !stream) {
    ++broken;
    return;
  }
  const WallTime end{seconds{*before}};
  if (end > now && issued_.size() < kMost) put({std::string{id}, *stream, end});
}

}  // namespace camfleet::auth
