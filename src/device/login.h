#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/driver.h"
#include "proto/digest/client.h"

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
  bool anonymous() const { return user_.empty() && password_ == nullptr; }

 private:
  std::string user_;
  std::shared_ptr<const model::PasswordSource> password_;
  digest::Client client_;
};

}  // namespace camfleet::device
