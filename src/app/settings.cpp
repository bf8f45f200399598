#include "app/settings.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>
#include <sstream>

#include "app/sink_settings.h"
#include "base/text.h"
#include "net/address.h"
#include "net/datagram_pairs.h"
#include "proto/url/url.h"

namespace camfleet::app {
namespace {

constexpr std::size_t kLargestFile = 1024 * 1024;
constexpr std::size_t kLongestValue = 4096;

template <unsigned Settings::*field, unsigned low, unsigned high>
Result<void> number(Settings& settings, const std::string& value) {
  const auto parsed = parse_int<unsigned>(value);
  if (!parsed || *parsed < low || *parsed > high)
    return fail(Code::config_invalid, "wants " + std::to_string(low) + " to " + std::to_string(high));
  settings.*field = *parsed;
  return {};
}

template <std::string Settings::*field>
Result<void> host_port(Settings& settings, const std::string& value) {
  if (!net::parse_host_port(value)) return fail(Code::config_invalid, "wants HOST:PORT");
  settings.*field = value;
  return {};
}

// A scheme, a host and perhaps a port, as others write it before a path of ours.
template <std::string Settings::*field>
Result<void> origin(Settings& settings, const std::string& value, std::string_view scheme) {
  const auto wanted =
      fail(Code::config_invalid, std::string{"wants "}.append(scheme) + "://HOST[:PORT] or " +
                                     std::string{scheme} + "s://HOST[:PORT], nothing behind it");
  const auto parsed = url::parse(value);
  // The reader forgives blanks around it and cuts a fragment off; what is left is handed to players as it is.
  if (!parsed || parsed->has_login || value.find_first_of(" #") != std::string::npos) return wanted;
  auto where = parsed->url;
  if (where.target == "/") where.target.clear();
  if (!where.target.empty() || (where.scheme != scheme && where.scheme != std::string{scheme} + 's'))
    return wanted;
  const auto numeric = net::parse_address(where.host);
  if (where.host.find(':') != std::string::npos ? !numeric : net::is_odd_spelling(where.host)) return wanted;
  if (numeric && (numeric->is_unspecified() || numeric->is_multicast()))
    return fail(Code::config_invalid, "nobody can connect to " + where.host);
  settings.*field = where.text();
  return {};
}
Result<void> public_url(Settings& settings, const std::string& value) {
  return origin<&Settings::public_url>(settings, value, "http");
}
Result<void> public_rtsp(Settings& settings, const std::string& value) {
  return origin<&Settings::public_rtsp>(settings, value, "rtsp");
}

Result<void> data(Settings& settings, const std::string& value) {
  if (value.empty()) return fail(Code::config_invalid, "wants a directory");
  settings.data = value;
  return {};
}

Result<void> allow_devices(Settings& settings, const std::string& value) {
  if (!net::Cidr::parse(value)) return fail(Code::config_invalid, "wants networks such as 10.0.0.0/8");
  settings.allow_devices.push_back(value);
  return {};
}

Result<void> allow_sinks(Settings& settings, const std::string& value) {
  if (!net::Cidr::parse(value)) return fail(Code::config_invalid, "wants networks such as 10.0.0.0/8");
  settings.allow_sinks.push_back(value);
  return {};
}

Result<void> sinks(Settings& settings, const std::string& value) {
  if (const auto wish = declared_sink(value); !wish) return fail(wish.error());
  settings.sinks.push_back(value);
  return {};
}

Result<void> trusted_proxies(Settings& settings, const std::string& value) {
  const auto network = net::Cidr::parse(value);
  if (!network) return fail(Code::config_invalid, "wants networks such as 10.0.0.0/8");
  if (network->prefix() == 0)
    return fail(Code::config_invalid, "would believe everybody: name the addresses of the proxies");
  settings.trusted_proxies.push_back(value);
  return {};
}

template <std::filesystem::path Settings::*field>
Result<void> file(Settings& settings, const std::string& value) {
  if (value.empty()) return fail(Code::config_invalid, "wants a file");
  settings.*field = value;
  return {};
}

Result<void> insecure(Settings& settings, const std::string& value) {
  if (value != "true" && value != "false") return fail(Code::config_invalid, "wants true or false");
  settings.insecure = value == "true";
  return {};
}

template <std::string Settings::*field>
Result<void> port_range(Settings& settings, const std::string& value) {
  if (auto range = net::PortRange::parse(value); !range) return fail(std::move(range.error()));
  settings.*field = value;
  return {};
}

Result<void> udp_viewers(Settings& settings, const std::string& value) {
  if (value != "true" && value != "false") return fail(Code::config_invalid, "wants true or false");
  settings.udp_viewers = value == "true";
  return {};
}

Result<void> flv_hevc(Settings& settings, const std::string& value) {
  if (value != "hvc1" && value != "12") return fail(Code::config_invalid, "wants hvc1 or 12");
  settings.live_flv_codec_12 = value == "12";
  return {};
}

Result<void> discovery_enabled(Settings& settings, const std::string& value) {
  if (value != "true" && value != "false") return fail(Code::config_invalid, "wants true or false");
  settings.discovery_enabled = value == "true";
  return {};
}

Result<void> discovery_interval(Settings& settings, const std::string& value) {
  const auto parsed = parse_int<unsigned>(value);
  if (!parsed || (*parsed != 0 && (*parsed < 10 || *parsed > 86400)))
    return fail(Code::config_invalid, "wants 0 or 10 to 86400");
  settings.discovery_interval_s = *parsed;
  return {};
}

Result<void> discovery_interfaces(Settings& settings, const std::string& value) {
  if (value.empty() || value.size() > 15 || value.find('/') != std::string::npos)
    return fail(Code::config_invalid, "wants the name of a network interface");
  settings.discovery_interfaces.push_back(value);
  return {};
}

Result<void> log_level(Settings& settings, const std::string& value) {
  static const std::set<std::string> levels{"trace", "debug", "info", "warn", "error"};
  if (!levels.contains(value)) return fail(Code::config_invalid, "wants trace, debug, info, warn or error");
  settings.log_level = value;
  return {};
}

Error at(const std::filesystem::path& path, const YAML::Mark& mark, Code code, const std::string& what) {
  return Error{code, path.string() + ':' + std::to_string(mark.line + 1) + ':' +
                         std::to_string(mark.column + 1) + ": " + what};
}

// A value of the file as JSON: plain words for true, false and whole numbers are these, all else is text.
boost::json::value json_of(const YAML::Node& node, int depth) {
  if (node.IsMap() && depth < 4) {
    boost::json::object out;
    for (const auto& member : node) out[member.first.Scalar()] = json_of(member.second, depth + 1);
    return out;
  }
  if (node.IsSequence() && depth < 4) {
    boost::json::array out;
    for (const auto& item : node) out.push_back(json_of(item, depth + 1));
    return out;
  }
  if (!node.IsScalar()) return nullptr;
  const auto& text = node.Scalar();
  if (node.Tag() != "!") {  // not quoted
    if (text == "true" || text == "false") return text == "true";
    if (const auto number = parse_int<std::int64_t>(text)) return *number;
  }
  return boost::json::string{text};
}

// Walks the mapping; nested keys are joined by dots.
Result<void> apply(const std::filesystem::path& path, const YAML::Node& node, const std::string& prefix,
                   int depth, std::set<std::string>& seen, Settings& settings) {
  if (!node.IsMap()) return fail(at(path, node.Mark(), Code::config_invalid, "wants key: value lines"));
  if (depth > 4) return fail(at(path, node.Mark(), Code::config_invalid, "nested too deep"));
  for (const auto& member : node) {
    if (!member.first.IsScalar())
      return fail(at(path, member.first.Mark(), Code::config_invalid, "wants a plain key"));
    const auto key = prefix + member.first.Scalar();
    const auto row =
        std::ranges::find(settings_table(), key, [](const Setting& s) { return std::string{s.key}; });
    if (row == settings_table().end()) {
      const bool is_prefix = std::ranges::any_of(
          settings_table(), [&](const Setting& s) { return std::string_view{s.key}.starts_with(key + '.'); });
      if (!is_prefix) return fail(at(path, member.first.Mark(), Code::config_unknown_key, key));
      if (member.second.IsNull()) continue;  // a section whose lines are comments
      if (auto done = apply(path, member.second, key + '.', depth + 1, seen, settings); !done) return done;
      continue;
    }
    if (!seen.insert(key).second)
      return fail(at(path, member.first.Mark(), Code::config_invalid, key + ": given twice"));
    const auto values = member.second.IsSequence() && row->is_list
                            ? std::vector<YAML::Node>(member.second.begin(), member.second.end())
                            : std::vector<YAML::Node>{member.second};
    std::vector<std::string> texts;
    for (const auto& value : values) {
      if (!value.IsScalar() && !(row->is_object && value.IsMap()))
        return fail(at(path, value.Mark(), Code::config_invalid, key + ": wants one value"));
      // One by one, so that an error has the place of its own value.
      texts.push_back(value.IsMap() ? boost::json::serialize(json_of(value, 0)) : value.Scalar());
      if (auto set = give(settings, *row, texts, "file"); !set)
        return fail(at(path, value.Mark(), set.error().code, key + ": " + set.error().place));
    }
  }
  return {};
}

// YAML without what a file of settings has no use for, and what makes small files large.
class Plain : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) refuse(mark, "more than one document");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { see(mark, "", anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, "aliases are not taken"); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string&) override {
    see(mark, tag, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    see(mark, tag, anchor);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    see(mark, tag, anchor);
  }
  void OnMapEnd() override {}

 private:
  static void refuse(const YAML::Mark& mark, const std::string& why) {
    throw YAML::ParserException{mark, why};
  }
  static void see(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) refuse(mark, "anchors are not taken");
    if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "tags are not taken");
  }
  int documents_ = 0;
};

// The file as it is at one moment: the same descriptor is looked at and read.
Result<std::string> content_of(const std::filesystem::path& path) {
  const auto wrong = [&path](std::string_view why) {
    return fail(Code::config_invalid, path.string() + ": " + std::string{why});
  };
  struct Descriptor {
    int fd;
    ~Descriptor() {
      if (fd >= 0) ::close(fd);
    }
  } file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) return wrong(std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
  struct stat about {};
  if (::fstat(file.fd, &about) != 0) return wrong(std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
  if (!S_ISREG(about.st_mode)) return wrong("no regular file");
  if ((about.st_mode & S_IWOTH) != 0)
    return fail(Code::config_exposed, path.string() + ": anybody may write it: chmod o-w it");
  std::string text(kLargestFile + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(file.fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return wrong(std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kLargestFile) return wrong("over 1 MiB");
  text.resize(size);
  if (trim(text).empty()) return wrong("is empty");
  return text;
}

}  // namespace

Result<void> give(Settings& settings, const Setting& row, std::vector<std::string> values,
                  std::string_view source) {
  for (const auto& value : values) {
    if (value.size() > kLongestValue) return fail(Code::config_invalid, "over 4096 bytes");
    if (std::ranges::any_of(value, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
      return fail(Code::config_invalid, "has a line break or another control character");
  }
  if (row.is_list) row.clear(settings);
  for (const auto& value : values)
    if (auto set = row.set(settings, value); !set) return set;
  settings.given[row.key] = {source, std::move(values)};
  return {};
}

const std::vector<Setting>& settings_table() {
  static const std::vector<Setting> table{
      {"data", "data directory: registry, keys, tokens", data},
      {"http", "HOST:PORT of the API and the console", host_port<&Settings::http>},
      {"rtsp", "HOST:PORT for RTSP viewers", host_port<&Settings::rtsp>},
      {"public_url", "how players reach the API through a proxy, http(s)://HOST[:PORT]", public_url},
      {"public_rtsp", "how players reach the RTSP port through a proxy, rtsp(s)://HOST[:PORT]", public_rtsp},
      {"allow_devices", "network in which devices may be (CIDR, repeatable); default: the private ranges",
       allow_devices, true, false, [](Settings& settings) { settings.allow_devices.clear(); }},
      {"allow_sinks",
       "network in which sinks may be (CIDR, repeatable); default: all but this machine and link-local",
       allow_sinks, true, false, [](Settings& settings) { settings.allow_sinks.clear(); }},
      {"sink_files", "directory below which sinks of kind file write; default: there are none",
       file<&Settings::sink_files>},
      {"sinks", "a sink, as a mapping in the file and as a JSON object elsewhere (repeatable)", sinks, true,
       false, [](Settings& settings) { settings.sinks.clear(); }, true},
      {"trusted_proxies",
       "network of proxies whose X-Forwarded-For is believed (CIDR, repeatable); default: none",
       trusted_proxies, true, false, [](Settings& settings) { settings.trusted_proxies.clear(); }},
      {"insecure", "permit plain text off loopback", insecure, false, true},
      {"tls.cert", "PEM file: the certificate of both ports, then its chain; read again when it changes",
       file<&Settings::tls_cert>},
      {"tls.key", "PEM file: the key of tls.cert, not encrypted, not readable by others",
       file<&Settings::tls_key>},
      {"loops", "event loops, 0: one a core", number<&Settings::loops, 0, 256>},
      {"log.level", "trace, debug, info, warn or error", log_level},
      {"hub.linger_s", "a stream is pulled this long after its last viewer",
       number<&Settings::hub_linger_s, 0, 3600>},
      {"hub.hold_s", "viewers are held this long while their camera is away; 0: they end with it",
       number<&Settings::hub_hold_s, 0, 3600>},
      {"hub.merge_ms", "frames that come within this time leave together: less CPU for as much more delay",
       number<&Settings::hub_merge_ms, 0, 1000>},
      {"hub.mirror_viewers", "a stream with so many viewers is served by every loop; 0: by its own alone",
       number<&Settings::hub_mirror_viewers, 0, 1'000'000>},
      {"hub.gop_bytes", "the most bytes of a stream kept for new viewers",
       number<&Settings::hub_gop_bytes, 65536, 256 * 1024 * 1024>},
      {"hub.max_starts", "streams that may be starting at once", number<&Settings::hub_max_starts, 1, 10000>},
      {"hub.max_mbps", "a stream that brings more, averaged over four seconds, is ended; 0: any rate",
       number<&Settings::hub_max_mbps, 0, 100'000>},
      {"live.flv_hevc", "how H.265 is written in FLV where a player does not say: hvc1 (Enhanced RTMP) or 12",
       flv_hevc},
      {"udp.device_ports", "ports for RTP over UDP from devices, FIRST-LAST; default: any",
       port_range<&Settings::udp_device_ports>},
      {"udp.viewer_ports", "ports for RTP over UDP to viewers, FIRST-LAST; default: any",
       port_range<&Settings::udp_viewer_ports>},
      {"udp.viewers", "RTSP viewers may ask for UDP: true or false", udp_viewers},
      {"udp.again_s", "a device from which nothing came over UDP gets TCP for so long",
       number<&Settings::udp_again_s, 0, 86400>},
      {"events.listen", "HOST:PORT for what devices push themselves (their httpHosts); default: none",
       host_port<&Settings::events_listen>},
      {"events.keep_days", "events older than that are removed once every sink has them",
       number<&Settings::events_keep_days, 1, 3650>},
      {"events.max_mib", "the most MiB of events and their pictures; past it the oldest go, delivered or not",
       number<&Settings::events_max_mib, 64, 100'000'000>},
      {"fleet.max_connecting", "devices that may be connecting at once",
       number<&Settings::fleet_max_connecting, 1, 10000>},
      {"fleet.max_devices", "devices that may be registered, running or not",
       number<&Settings::fleet_max_devices, 1, 1'000'000>},
      {"fleet.max_per_credential",
       "how many devices with one user name and password connect at once, at most",
       number<&Settings::fleet_max_per_credential, 1, 10000>},
      {"fleet.suspect_per_second", "how many devices a second try a user name and password that one refused",
       number<&Settings::fleet_suspect_per_second, 1, 1000>},
      {"fleet.connect_ms", "longest wait for a connection to a device",
       number<&Settings::fleet_connect_ms, 100, 60000>},
      {"fleet.call_ms", "longest wait for an answer of a device",
       number<&Settings::fleet_call_ms, 100, 60000>},
      {"fleet.attempt_ms", "longest attempt to log in to a device, in all",
       number<&Settings::fleet_attempt_ms, 200, 120000>},
      {"fleet.heartbeat_s", "longest silence of a device before it is asked whether it is there",
       number<&Settings::fleet_heartbeat_s, 1, 60>},
      {"fleet.backoff_base_ms", "first reconnect delay, before jitter",
       number<&Settings::fleet_backoff_base_ms, 1, 60000>},
      {"fleet.backoff_cap_s", "longest reconnect delay, of alarm channels 30 s at most",
       number<&Settings::fleet_backoff_cap_s, 1, 3600>},
      {"discovery.enabled", "listen for devices that announce themselves (WS-Discovery, SADP): true or false",
       discovery_enabled},
      {"discovery.interval_s", "ask the network for devices this often, 0: only on request",
       discovery_interval},
      {"discovery.interfaces",
       "network interface to listen and ask on (repeatable); default: all but loopback", discovery_interfaces,
       true, false, [](Settings& settings) { settings.discovery_interfaces.clear(); }},
      {"sdk.dir",
       "directory of the vendor's libhcnetsdk.so, for devices with the driver hcnetsdk; default: none",
       file<&Settings::sdk_dir>},
      {"sdk.devices_per_host", "devices that one process of the vendor's library holds at most",
       number<&Settings::sdk_devices_per_host, 1, 4000>},
      {"sdk.max_hosts", "how many such processes there may be", number<&Settings::sdk_max_hosts, 1, 256>},
      {"sdk.host_mib", "memory that one of them may take; 0: any",
       number<&Settings::sdk_host_mib, 0, 1'000'000>},
      {"sdk.call_limit_s", "a call into the library that takes longer hangs, and its process is replaced",
       number<&Settings::sdk_call_limit_s, 5, 600>},
      {"sdk.alarm_ring_mib",
       "alarms that may lie between one of them and the gateway (rounded up to a power of two)",
       number<&Settings::sdk_alarm_ring_mib, 1, 1024>},
      {"sdk.media_ring_mib", "the same for media", number<&Settings::sdk_media_ring_mib, 1, 1024>},
      {"sdk.recycle_mib", "one that holds so much memory is replaced, and its devices reconnect; 0: never",
       number<&Settings::sdk_recycle_mib, 0, 1'000'000>},
      {"sdk.recycle_hours", "one that is so old is replaced; 0: never",
       number<&Settings::sdk_recycle_hours, 0, 10'000>},
      {"sdk.recycle_pause_s", "between one that is replaced and the next",
       number<&Settings::sdk_recycle_pause_s, 1, 3600>},
      {"stream.max_subscribers", "who may follow /api/v1/stream at once",
       number<&Settings::stream_max_subscribers, 1, 10000>},
      {"stream.kept_moves", "moves of devices kept for those who come back to the stream",
       number<&Settings::stream_kept_moves, 256, 1000000>},
      {"stream.heartbeat_s", "a quiet stream sends a sign of life this often",
       number<&Settings::stream_heartbeat_s, 1, 300>},
  };
  return table;
}

Result<void> read_file(const std::filesystem::path& path, Settings& settings) {
  const auto content = content_of(path);
  if (!content) return fail(content.error());
  try {
    std::set<std::string> seen;
    std::istringstream in{*content};
    Plain plain;
    YAML::Parser parser{in};
    while (parser.HandleNextDocument(plain)) {
    }
    return apply(path, YAML::Load(*content), "", 0, seen, settings);
  } catch (const YAML::Exception& error) {
    return fail(at(path, error.mark, Code::config_invalid, error.msg));
  }
}

Result<void> read_environment(Settings& settings) {
  for (const auto& row : settings_table()) {
    auto variable = "CAMFLEET_" + std::string{row.key};
    std::ranges::transform(variable, variable.begin(), [](char c) {
      return c == '.' || c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    });
    const char* value = std::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe): before any thread
    if (value == nullptr) continue;
    std::string_view rest{value};
    std::vector<std::string> values;
    do {
      values.emplace_back(row.is_list ? take_until(rest, ';') : std::exchange(rest, {}));
    } while (!rest.empty());
    if (auto set = give(settings, row, std::move(values), "environment"); !set)
      return fail(set.error().code, variable + ": " + set.error().place);
  }
  return {};
}

Result<void> check(const Settings& settings) {
  if (settings.tls_cert.empty() != settings.tls_key.empty())
    return fail(Code::config_invalid, settings.tls_cert.empty() ? "tls.key is given without tls.cert"
                                                                : "tls.cert is given without tls.key");
  for (const auto* listen : {&settings.http, &settings.rtsp}) {
    const auto parsed = net::parse_host_port(*listen);
    if (!parsed) return fail(Code::config_invalid, *listen + ": wants HOST:PORT");
    const bool loopback =
        parsed->host == "localhost" || parsed->host == "::1" || parsed->host.starts_with("127.");
    if (!loopback && !settings.insecure && !settings.tls()) return fail(Code::config_insecure, *listen);
  }
  return {};
}

}  // namespace camfleet::app
