#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace camfleet::app {

// All that an operator can set of `camfleet serve`. Each setting has one key ("hub.linger_s"); the same key
// is a line of the YAML file, the variable CAMFLEET_HUB_LINGER_S and the option --hub-linger-s. The command
// line wins over the environment, the environment over the file.
struct Settings {
  std::filesystem::path
      data;  // empty: /var/lib/camfleet where that can be written, else ~/.local/share/camfleet
  std::string http = "127.0.0.1:8080";
  std::string rtsp = "127.0.0.1:8554";
  std::string public_url;                    // "https://cameras.example", empty: as the caller reached us
  std::string public_rtsp;                   // "rtsps://cameras.example:322"
  std::vector<std::string> allow_devices;    // CIDRs; empty: the private ranges
  std::vector<std::string> trusted_proxies;  // CIDRs; empty: X-Forwarded-For is not read
  std::vector<std::string> allow_sinks;      // CIDRs; empty: all but this machine
  std::vector<std::string> sinks;            // JSON objects, as POST /api/v1/sinks takes them
  std::filesystem::path sink_files;          // below it file sinks write; empty: there are none
  bool insecure = false;                     // plain text off loopback
  std::filesystem::path tls_cert;            // PEM; both or neither
  std::filesystem::path tls_key;
  bool new_key = false;  // the old secret.key is lost
  unsigned demo = 0;     // simulated devices to start, 0: none
  unsigned loops = 0;    // 0: one a core
  std::string log_level = "info";
  unsigned hub_linger_s = 10;
  unsigned hub_hold_s = 30;           // 0: viewers end with their source
  unsigned hub_merge_ms = 0;          // 0: each frame leaves by itself
  unsigned hub_mirror_viewers = 250;  // 0: never
  unsigned hub_gop_bytes = 8 * 1024 * 1024;
  unsigned hub_max_starts = 64;
  unsigned hub_max_mbps = 50;      // of one stream; 0: any
  bool live_flv_codec_12 = false;  // H.265 in FLV is written as codec id 12
  std::string udp_device_ports;    // "20000-20999", empty: any
  std::string udp_viewer_ports;
  bool udp_viewers = true;
  unsigned udp_again_s = 600;
  std::string events_listen;  // for what devices push; empty: nobody listens
  unsigned events_keep_days = 30;
  unsigned events_max_mib = 20'480;
  unsigned fleet_max_connecting = 64;
  unsigned fleet_max_devices = 100'000;
  unsigned fleet_max_per_credential = 64;
  unsigned fleet_suspect_per_second = 4;
  unsigned fleet_connect_ms = 3000;
  unsigned fleet_call_ms = 5000;
  unsigned fleet_attempt_ms = 8000;
  unsigned fleet_heartbeat_s = 20;
  unsigned fleet_backoff_base_ms = 1000;
  unsigned fleet_backoff_cap_s = 60;
  bool discovery_enabled = true;                  // to listen; nothing is sent
  unsigned discovery_interval_s = 0;              // between probes, 0: only where an operator asks
  std::vector<std::string> discovery_interfaces;  // empty: all but loopback
  std::filesystem::path sdk_dir;                  // of the vendor's libhcnetsdk.so; empty: there is none
  unsigned sdk_devices_per_host = 1000;
  unsigned sdk_max_hosts = 16;
  unsigned sdk_host_mib = 2048;      // memory that a host may take, 0: any
  unsigned sdk_call_limit_s = 45;    // of one call into the library; longer: it hangs
  unsigned sdk_alarm_ring_mib = 64;  // of each host; powers of two
  unsigned sdk_media_ring_mib = 32;
  unsigned sdk_recycle_mib = 0;       // a host that holds so much is replaced, 0: never
  unsigned sdk_recycle_hours = 0;     // one that is so old
  unsigned sdk_recycle_pause_s = 60;  // for its devices to come back, before the next
  unsigned stream_max_subscribers = 256;
  unsigned stream_kept_moves = 65'536;
  unsigned stream_heartbeat_s = 15;

  bool tls() const { return !tls_cert.empty(); }

  // What was given and where ("file", "environment", "command line"), by key; the rest has its default.
  struct Given {
    std::string_view source;
    std::vector<std::string> values;
  };
  std::map<std::string, Given, std::less<>> given;
};

// One row of the table that the options, the environment, the file and docs/settings share.
struct Setting {
  const char* key;
  const char* help;
  // Sets the field from a text; the error says what it wants.
  Result<void> (*set)(Settings&, const std::string& value);
  bool is_list = false;
  bool is_flag = false;
  void (*clear)(Settings&) = nullptr;  // of a list: forgets what an earlier source gave
  bool is_object = false;              // each value is a mapping in the file, and a JSON object elsewhere
};
const std::vector<Setting>& settings_table();

// One setting as it was given: at most 4096 bytes a value, no control characters. A later source wins over an
// earlier one, a list as a whole. Errors as Setting::set.
Result<void> give(Settings& settings, const Setting& row, std::vector<std::string> values,
                  std::string_view source);

// Reads a YAML file of settings into `settings`. An unknown key, a wrong type or a doubled key is
// config.invalid or config.unknown_key with "file:line:column". At most 1 MiB; anchors, aliases and tags are
// refused. config.exposed: anybody may write the file.
Result<void> read_file(const std::filesystem::path& path, Settings& settings);
// Takes CAMFLEET_<KEY> of each row.
Result<void> read_environment(Settings& settings);
// What does not fit together: off loopback without TLS or --insecure, half of a pair, and the like.
Result<void> check(const Settings& settings);

}  // namespace camfleet::app
