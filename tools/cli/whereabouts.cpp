#include "cli/whereabouts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/text.h"

namespace camfleet::cli {
namespace {

constexpr std::size_t kTokenLimit = 4096;

Result<Secret> token_in(const std::string& path) {
  auto read = read_secret(path, kTokenLimit);
  if (!read) return read;
  const auto token = trim(read->reveal());
  if (token.empty()) return fail(Code::config_invalid, path + ": holds no token");
  for (const char c : token)
    if (c <= ' ' || c > '~') return fail(Code::config_invalid, path + ": holds no token but something else");
  return Secret{std::string{token}};
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody changes it
    return std::string{value == nullptr ? "" : value};
  };
}

Result<url::Url> gateway_url(const Given& given, const Environment& environment) {
  const bool from_option = !given.url.empty();
  auto text = from_option ? given.url : environment("CAMFLEET_URL");
  const std::string place = from_option ? "--url" : "CAMFLEET_URL";
  if (text.empty()) text = "http://127.0.0.1:8080";
  if (text.find("://") == text.npos) text = "http://" + text;
  auto parsed = url::parse(text);
  if (!parsed) return fail(Code::config_invalid, place + ": is no address such as http://127.0.0.1:8080");
  if (parsed->has_login)
    return fail(Code::config_invalid, place + ": an address holds no login here; see --token-file");
  auto& where = parsed->url;
  if (where.scheme != "http" && where.scheme != "https")
    return fail(Code::config_invalid, place + ": wants http:// or https://");
  if (!where.target.empty() && where.target != "/")
    return fail(Code::config_invalid, place + ": wants the address alone, without a path");
  where.target.clear();
  return where;
}

std::vector<std::filesystem::path> default_data_directories(const Environment& environment) {
  std::vector<std::filesystem::path> out{"/var/lib/camfleet"};
  if (const auto home = environment("HOME"); !home.empty())
    out.push_back(std::filesystem::path{home} / ".local/share/camfleet");
  return out;
}

std::optional<DataDirectory> data_directory(const Given& given, const Environment& environment,
                                            const std::vector<std::filesystem::path>& defaults) {
  if (!given.data.empty()) return DataDirectory{given.data, true};
  if (const auto named = environment("CAMFLEET_DATA"); !named.empty()) return DataDirectory{named, true};
  for (const auto& path : defaults)
    if (::access((path / "admin.token").c_str(), R_OK) == 0) return DataDirectory{path, false};
  std::error_code error;
  for (const auto& path : defaults)
    if (std::filesystem::is_directory(path, error) && ::access(path.c_str(), R_OK | X_OK) == 0)
      return DataDirectory{path, false};
  return std::nullopt;
}

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  const auto address = net::parse_address(host);
  return address && net::normalised(*address).is_loopback();
}

Result<Secret> find_token(const Given& given, const Environment& environment, const url::Url& gateway,
                          const std::vector<std::filesystem::path>& defaults) {
  if (!given.token_file.empty()) return token_in(given.token_file);
  if (auto token = environment("CAMFLEET_TOKEN"); !token.empty()) {
    for (const char c : token)
      if (c <= ' ' || c > '~') {
        wipe(token);
        return fail(Code::config_invalid, "CAMFLEET_TOKEN: holds no token but something else");
      }
    return Secret{std::move(token)};
  }
  const auto data = data_directory(given, environment, defaults);
  if (!data) return Secret{};
  if (data->named) return token_in((data->path / "admin.token").string());
  if (!is_loopback(gateway.host)) return Secret{};
  auto token = token_in((data->path / "admin.token").string());
  return token ? std::move(token) : Secret{};
}

Result<Secret> read_secret(const std::string& path, std::size_t limit) {
  const bool standard = path == "-";
  const int file = standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail(Code::config_invalid, path + ": " + std::strerror(errno));
  std::string text;
  text.reserve(limit + 1);  // so that no growth leaves a copy behind
  std::array<char, 4096> piece{};
  int why = 0;
  for (;;) {
    const auto got = ::read(file, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) why = errno;
    if (got <= 0 || text.size() + static_cast<std::size_t>(got) > limit) {
      if (got > 0) why = EFBIG;
      break;
    }
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  ::explicit_bzero(piece.data(), piece.size());
  if (!standard) ::close(file);
  Secret secret{std::move(text)};
  if (why != 0) return fail(Code::config_invalid, path + ": " + std::strerror(why));
  return secret;
}

std::string language(const std::string& given, const Environment& environment) {
  auto text = given;
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (text.empty()) text = environment(name);
  return istarts_with(text, "zh") ? "zh" : "en";
}

}  // namespace camfleet::cli
