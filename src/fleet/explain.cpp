#include "fleet/explain.h"

#include <algorithm>

#include "base/text.h"

namespace camfleet::fleet {
namespace {

using model::DeviceState;
using std::chrono::seconds;

std::string_view sentence(Code code, Language language) {
  const auto& row = info(code);
  return language == Language::zh ? row.zh : row.en;
}

std::string_view bare(std::string_view sentence) {
  for (const std::string_view stop : {".", "。"})
    if (sentence.ends_with(stop)) sentence.remove_suffix(stop.size());
  return sentence;
}

// One device at one moment, in one language.
class Teller {
 public:
  Teller(const model::DeviceView& view, Language language, WallTime now)
      : view_(view), language_(language), now_(now) {}

  std::string what() const {
    switch (view_.state) {
      case DeviceState::disabled:
        return say("Switched off by an operator, since " + since() + ".",
                   "已由操作员停用，自 " + since() + " 起。");
      case DeviceState::waiting:
        return waiting();
      case DeviceState::connecting:
        return say("Logging in, for " + lasted() + ".", "正在登录，已 " + lasted() + "。");
      case DeviceState::online:
        return say("Connected for " + lasted() + heard_en() + ".", "已连接 " + lasted() + heard_zh() + "。");
      case DeviceState::degraded:
        return say("Logged in, but something has been missing for " + lasted() + ".",
                   "已登录，但有功能缺失，已 " + lasted() + "。");
      case DeviceState::backoff:
        return failed();
      case DeviceState::rejected:
        return say("Given up for " + lasted() + ", until somebody acts" + attempts_en() + ".",
                   "已停止尝试 " + lasted() + "，等待处理" + attempts_zh() + "。");
      case DeviceState::locked:
        return locked();
    }
    return {};
  }

  std::string why() const {
    std::string text{bare(sentence(view_.reason, language_))};
    if (!view_.detail.empty())
      text += say(" (" + clean_utf8(view_.detail) + ").", "（" + clean_utf8(view_.detail) + "）。");
    else
      text += say(".", "。");
    if (const auto* more = advice(view_.reason))
      text.append(say(" ", "")).append(language_ == Language::zh ? more->zh : more->en);
    return text;
  }

  std::optional<Explanation::Next> next() const {
    switch (view_.state) {
      case DeviceState::waiting:
        return Explanation::Next{"connect",
                                 say("It connects as soon as its turn comes.", "轮到它时即开始连接。"),
                                 std::nullopt, std::nullopt};
      case DeviceState::backoff:
        return at("retry", say("The next attempt is made ", "下次尝试时间："));
      case DeviceState::locked:
        return at("retry_after_unlock",
                  say("One attempt is made after the unlock, ", "解锁后尝试一次，时间："));
      case DeviceState::degraded:
        return at("rearm", say("It is asked for again ", "再次请求的时间："));
      default:
        return std::nullopt;
    }
  }

  std::vector<Explanation::Advised> advised() const {
    std::vector<Explanation::Advised> out;
    const auto add = [&](Action action) {
      const auto& row = info(action);
      std::string how{row.how};
      for (auto place = how.find("{id}"); place != std::string::npos; place = how.find("{id}", place))
        how.replace(place, 4, view_.spec.id.str());
      out.push_back(
          {std::string{row.name}, std::string{language_ == Language::zh ? row.zh : row.en}, std::move(how)});
    };
    if (view_.state == DeviceState::disabled) {
      add(Action::enable);
    } else if (const auto* known = advice(view_.reason)) {
      for (const auto action : known->actions)
        if (action != Action::none) add(action);
    }
    return out;
  }

  std::optional<std::uint32_t> attempts_left() const {
    if (view_.state == DeviceState::rejected) return 0;
    if (view_.state == DeviceState::locked) return 1;
    if (view_.state == DeviceState::waiting && view_.reason == Code::fleet_credential_suspect) return 1;
    return std::nullopt;
  }

 private:
  std::string say(std::string en, std::string zh) const {
    return language_ == Language::zh ? std::move(zh) : std::move(en);
  }
  seconds until(WallTime time) const { return std::chrono::ceil<seconds>(time - now_); }
  std::string since() const { return time_text(view_.since, now_); }
  std::string lasted() const {
    return duration_text(std::chrono::duration_cast<seconds>(now_ - view_.since), language_);
  }
  std::string in(WallTime time) const { return duration_text(until(time), language_); }
  bool due() const { return !view_.next_attempt || *view_.next_attempt <= now_; }

  std::string heard_en() const {
    if (!view_.last_heard) return {};
    return ", last heard of " +
           duration_text(std::chrono::duration_cast<seconds>(now_ - *view_.last_heard), language_) + " ago";
  }
  std::string heard_zh() const {
    if (!view_.last_heard) return {};
    return "，最近一次通信在 " +
           duration_text(std::chrono::duration_cast<seconds>(now_ - *view_.last_heard), language_) + "前";
  }
  std::string attempts_en() const {
    if (view_.attempts == 0) return {};
    return view_.attempts == 1 ? ", after 1 failed attempt"
                               : ", after " + std::to_string(view_.attempts) + " failed attempts";
  }
  std::string attempts_zh() const {
    return view_.attempts == 0 ? std::string{} : "（已失败 " + std::to_string(view_.attempts) + " 次）";
  }

  std::string waiting() const {
    if (view_.reason == Code::fleet_full)
      return say("Waiting for " + lasted() + " for a place: as many devices run as fit.",
                 "等待名额已 " + lasted() + "：运行中的设备已达上限。");
    if (view_.reason == Code::fleet_credential_suspect)
      return say(
          "Waiting for " + lasted() + ": its user name and password are being tried on one device at a time.",
          "已等待 " + lasted() + "：正在逐台试用其用户名和密码。");
    return say("Waiting for " + lasted() + " for its turn to connect" + attempts_en() + ".",
               "等待轮到它连接，已 " + lasted() + attempts_zh() + "。");
  }

  std::string failed() const {
    const auto n = view_.attempts;
    auto en = std::to_string(n) + (n == 1 ? " failed attempt" : " failed attempts");
    auto zh = "已失败 " + std::to_string(n) + " 次";
    if (n == 0) {  // a session that had lasted ended
      en = "The connection is lost";
      zh = "连接已断开";
    }
    if (due()) return say(en + "; the next one is due.", zh + "，即将重试。");
    return say(en + "; the next one in " + in(*view_.next_attempt) + ".",
               zh + "，" + in(*view_.next_attempt) + "后重试。");
  }

  std::string locked() const {
    if (due())
      return say("The device had locked the account; the next attempt is due.",
                 "设备曾锁定账号；即将重新尝试。");
    const auto when = time_text(*view_.next_attempt, now_);
    return say("The device has locked the account; left alone until " + when + ", for " +
                   in(*view_.next_attempt) + " more; trying sooner would restart the lock.",
               "设备已锁定账号；在 " + when + "（" + in(*view_.next_attempt) +
                   "后）之前不会尝试，提前尝试会重新锁定。");
  }

  std::optional<Explanation::Next> at(std::string action, std::string lead) const {
    if (!view_.next_attempt) return std::nullopt;
    const auto left = std::max<std::int64_t>(until(*view_.next_attempt).count(), 0);
    const auto when = time_text(*view_.next_attempt, now_);
    const auto wait = duration_text(seconds{left}, language_);
    return Explanation::Next{
        std::move(action),
        say(lead + "at " + when + ", in " + wait + ".", lead + when + "（" + wait + "后）。"),
        view_.next_attempt, left};
  }

  const model::DeviceView& view_;
  Language language_;
  WallTime now_;
};

}  // namespace

std::string duration_text(seconds duration, Language language) {
  const auto total = std::max<std::int64_t>(duration.count(), 0);
  const bool zh = language == Language::zh;
  const auto part = [&](std::int64_t n, const char* en, const char* cn) {
    return std::to_string(n) + " " + (zh ? cn : en);
  };
  const auto pair = [&](std::string more, std::int64_t n, std::string less) {
    return n == 0 ? more : more + " " + less;
  };
  if (total < 60) return part(total, "s", "秒");
  if (total < 3'600) return pair(part(total / 60, "min", "分"), total % 60, part(total % 60, "s", "秒"));
  if (total < 86'400)
    return pair(part(total / 3'600, "h", "小时"), total % 3'600 / 60, part(total % 3'600 / 60, "min", "分"));
  return pair(part(total / 86'400, "d", "天"), total % 86'400 / 3'600,
              part(total % 86'400 / 3'600, "h", "小时"));
}

std::string time_text(WallTime time, WallTime now) {
  const auto text = to_rfc3339(time);  // 2026-11-22T14:27:51.123Z
  const auto clock = text.substr(11, 8) + " UTC";
  return text.substr(0, 10) == to_rfc3339(now).substr(0, 10) ? clock : text.substr(0, 10) + " " + clock;
}

Explanation explain(const model::DeviceView& view, Language language, WallTime now) {
  const Teller teller{view, language, now};
  Explanation out;
  out.state = view.state;
  out.code = view.reason;
  out.what = teller.what();
  out.why = teller.why();
  out.since = view.since;
  out.attempts = view.attempts;
  out.attempts_left = teller.attempts_left();
  out.next = teller.next();
  out.advised = teller.advised();
  return out;
}

}  // namespace camfleet::fleet
