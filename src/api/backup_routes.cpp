#include <boost/json.hpp>

#include "api/api.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

net::Task<Result<>> make_backup(const ApiParts& parts, Call& call) {
  if (!parts.backup) co_return fail(Code::api_not_found, call.exchange.path());
  auto making = parts.backup();
  const auto made = co_await std::move(making);
  if (!made) co_return fail(made.error());
  json::array files;
  for (const auto& file : made->files) files.push_back(json::string{file});
  auto body = json::serialize(
      json::object{{"path", made->path}, {"bytes", made->bytes}, {"files", std::move(files)}});
  co_return co_await answer_json(call, 201, std::move(body));
}

}  // namespace

void Api::add_backup() {
  router_.add({"POST", "/api/v1/backup", "makeBackup", Access::admin,
               [this](Call& call) { return make_backup(parts_, call); }});
}

}  // namespace camfleet::api
