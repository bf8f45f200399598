#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace camfleet::http {

// The fields of a message in the order they came. Names compare without case.
class Headers {
 public:
  struct Field {
    std::string name;
    std::string value;
    friend bool operator==(const Field&, const Field&) = default;
  };
  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string_view name, std::string_view value);
  // In the place of all fields of that name.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  bool has(std::string_view name) const;
  // The first value of that name, trimmed; empty where there is none.
  std::string_view get(std::string_view name) const;
  // Every value of that name, in order: WWW-Authenticate may come several times.
  std::vector<std::string_view> get_all(std::string_view name) const;
  // True where a comma-separated list of that name holds `token`, without case: has_token("Connection",
  // "close").
  bool has_token(std::string_view name, std::string_view token) const;

  const std::vector<Field>& fields() const { return fields_; }
  bool empty() const { return fields_.empty(); }
  std::size_t size() const { return fields_.size(); }
  friend bool operator==(const Headers&, const Headers&) = default;

 private:
  std::vector<Field> fields_;
};

struct Request {
  std::string method = "GET";
  std::string target = "/";  // as it goes over the wire, query included
  int minor_version = 1;     // HTTP/1.x
  Headers headers;
  std::string body;
};

struct Response {
  int status = 200;
  std::string reason;  // empty: the usual one
  int minor_version = 1;
  Headers headers;
  std::string body;

  bool ok() const { return status >= 200 && status < 300; }
};

// "OK", "Not Found"; "Status" for what nobody knows.
std::string_view reason_of(int status);

}  // namespace camfleet::http
