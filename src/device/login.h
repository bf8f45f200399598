#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/driver.h"
#include "proto/digest/client.h"
#include "proto/isapi/session_login.h"

namespace camfleet::device {

// Who we are to one device. The password is opened for the making of one answer and wiped again; what stays
// is the challenge. Shared by what talks to the device on its loop.
class Login {
 public:
  Login(std::string user, std::shared_ptr<const model::PasswordSource> password, digest::Policy policy = {})
      : user_(std::move(user)), password_(std::move(password)), client_(policy) {}

  // The value of Authorization for the attempt's next sending; empty where no challenge is known yet.
  // auth.secret_unreadable where the password cannot be opened.
  Result<std::string> authorization(digest::Attempt& attempt, std::string_view method, std::string_view uri) {
    if (!client_.challenge()) return attempt.authorization(method, uri, user_, Secret{});
    if (password_ == nullptr) return attempt.authorization(method, uri, user_, Secret{});
    const auto password = password_->open();
    if (!password) return fail(password.error());
    return attempt.authorization(method, uri, user_, *password);
  }
  digest::Client& client() { return client_; }

  // The session of a device that has no Digest but the login of its web pages (hikvision/web_login.h).
  struct Web {
    std::string cookie;    // empty: none
    bool refused = false;  // the password was judged: nothing tries it again
    bool busy = false;     // a login is under way
  };
  Web& web() { return web_; }
  const std::string& user() const { return user_; }
  // What stands for the password in such a login.
  Result<std::string> web_password(const isapi::SessionLoginCap& cap) const {
    if (password_ == nullptr) return isapi::session_password(cap, user_, {});
    const auto password = password_->open();
    if (!password) return fail(password.error());
    return isapi::session_password(cap, user_, password->reveal());
  }
  bool anonymous() const { return user_.empty() && password_ == nullptr; }

 private:
  std::string user_;
  std::shared_ptr<const model::PasswordSource> password_;
  digest::Client client_;
  Web web_;
};

}  // namespace camfleet::device
