#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "net/address.h"
#include "proto/url/url.h"

namespace camfleet::cli {

// What the command line and the environment say about where the gateway is and who asks.
struct Given {
  std::string url;         // --url
  std::string token_file;  // --token-file
  std::string data;        // --data
};

// The environment as a function, so that tests bring their own; empty where a variable is not set.
using Environment = std::function<std::string(const std::string& name)>;
Environment process_environment();

// Where the gateway listens. config.invalid where the text is no http or https address, holds a login, or has
// a path, a query or a fragment: the API stands at the root. A text without a scheme is http.
Result<url::Url> gateway_url(const Given& given, const Environment& environment);

// The data directory that is meant: --data, CAMFLEET_DATA, else the first default directory that is there.
// nullopt: none. `named` says whether somebody named it.
struct DataDirectory {
  std::filesystem::path path;
  bool named = false;
};
std::vector<std::filesystem::path> default_data_directories(const Environment& environment);
std::optional<DataDirectory> data_directory(const Given& given, const Environment& environment,
                                            const std::vector<std::filesystem::path>& defaults);

// The token: --token-file (or `-`: standard input), CAMFLEET_TOKEN, DATA/admin.token. The file of a default
// directory goes to this machine only: it is no other gateway's business. An empty secret: there is none.
// config.invalid with the file and the reason where one that was named cannot be read.
Result<Secret> find_token(const Given& given, const Environment& environment, const url::Url& gateway,
                          const std::vector<std::filesystem::path>& defaults);

// Whether the host is this machine's loopback.
bool is_loopback(const std::string& host);

// The whole of a small file, "-" being the standard input; at most `limit` bytes.
Result<Secret> read_secret(const std::string& path, std::size_t limit);

// "zh" or "en": --lang, else LC_ALL, LC_MESSAGES, LANG.
std::string language(const std::string& given, const Environment& environment);

}  // namespace camfleet::cli
