#include "fleet/import/table.h"

#include <gtest/gtest.h>

#include "fleet/import/formula.h"

namespace camfleet::fleet {
namespace {

using namespace std::string_literals;

ImportTable csv(const std::string& text) {
  auto table = read_import(text, ImportFormat::csv);
  EXPECT_TRUE(table) << table.error().text();
  return table ? std::move(*table) : ImportTable{};
}
ImportTable yaml(const std::string& text) {
  auto table = read_import(text, ImportFormat::yaml);
  EXPECT_TRUE(table) << table.error().text();
  return table ? std::move(*table) : ImportTable{};
}
std::string refusal(const std::string& text, ImportFormat format = ImportFormat::csv) {
  const auto table = read_import(text, format);
  if (table) return "read";
  EXPECT_EQ(table.error().code, Code::import_unreadable);
  return table.error().place;
}
// "2 http_port: wants 1 to 65535|..."
std::string errors(const ImportTable& table) {
  std::string out;
  for (const auto& row : table.rows)
    for (const auto& error : row.errors)
      out += (out.empty() ? "" : "|") + std::to_string(row.number) + ' ' + error.column + ": " + error.reason;
  return out;
}

TEST(ImportTable, reads_what_the_simulator_exports) {
  const auto table =
      csv("\xEF\xBB\xBFid,name,driver,address,http_port,rtsp_port,username,password,tags\r\n"
          "sim-0001,\"Gate 1, north\",hikvision,127.1.0.1,10080,10554,admin,\"hik,\"\"1\",site-a;ipc\r\n"
          "\r\n"
          "sim-0002,,hikvision;rtsp,127.1.0.2,,,admin,,\r\n");
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(errors(table), "");
  const auto& first = table.rows[0].device;
  EXPECT_EQ(first.spec.id.str(), "sim-0001");
  EXPECT_EQ(first.spec.name, "Gate 1, north");
  EXPECT_EQ(first.spec.drivers, std::vector<std::string>{"hikvision"});
  EXPECT_EQ(first.spec.http_port, 10080);
  EXPECT_EQ(first.spec.rtsp_port, 10554);
  EXPECT_TRUE(first.password.equals("hik,\"1"));
  EXPECT_EQ(first.spec.tags, (std::vector<std::string>{"site-a", "ipc"}));
  const auto& second = table.rows[1];
  EXPECT_EQ(second.line, 4U);
  EXPECT_EQ(second.number, 2U);
  EXPECT_EQ(second.device.spec.drivers, (std::vector<std::string>{"hikvision", "rtsp"}));
  EXPECT_FALSE(has(second.given, Column::http_port));
  EXPECT_FALSE(has(second.given, Column::password));
  EXPECT_TRUE(has(second.given, Column::username));
}

TEST(ImportTable, files_of_spreadsheets_in_any_dress) {
  for (const auto& text :
       {"address,name\n10.0.0.1,a\n"s, "name;address\r\na;10.0.0.1\r\n"s, "name\taddress\ra\t10.0.0.1"s,
        "\xEF\xBB\xBF\"name\",\"address\"\n\"a\",\"10.0.0.1\"\n"s, "\n\nIP, Name \n10.0.0.1 ,a\n,\n"s}) {
    const auto table = csv(text);
    ASSERT_EQ(table.rows.size(), 1U) << text;
    EXPECT_EQ(errors(table), "");
    EXPECT_EQ(table.rows[0].device.spec.address, "10.0.0.1") << text;
    EXPECT_EQ(table.rows[0].device.spec.name, "a") << text;
  }
}

TEST(ImportTable, chinese_names_of_columns_and_cameras_in_gbk) {
  // 名称,地址,用户名,密码,端口 / 北门,10.0.0.1,admin,x,8080
  const auto table =
      csv("\xC3\xFB\xB3\xC6,\xB5\xD8\xD6\xB7,\xD3\xC3\xBB\xA7\xC3\xFB,\xC3\xDC\xC2\xEB,\xB6\xCB\xBF\xDA\n"
          "\xB1\xB1\xC3\xC5,10.0.0.1,admin,x,8080\n");
  EXPECT_EQ(to_text(table.encoding), "gb18030");
  ASSERT_EQ(table.rows.size(), 1U);
  EXPECT_EQ(table.rows[0].device.spec.name, "北门");
  EXPECT_EQ(table.rows[0].device.spec.http_port, 8080);
  EXPECT_TRUE(table.rows[0].device.password.equals("x"));
}

TEST(ImportTable, a_bad_row_is_an_error_and_the_others_are_read) {
  const auto table =
      csv("id,address,http_port,enabled,name,password\n"
          "a,10.0.0.1,80,yes,ok,p\n"
          "B C,10.0.0.2,0,perhaps,x,p\n"            // 2: three errors
          "c,192.168.1.256,80,,x,p\n"               // 3
          "d,10.0.0.0/24,80,,x,p\n"                 // 4
          "e,my camera,80,,x,p\n"                   // 5
          "f,10.0.0.6:8080,,,x,p\n"                 // 6
          "g,10.0.0.7,80,true,a,b,c\n"              // 7: a comma without quotes
          "h,\"10.0.0.8,80,true,a,b\n"              // 8: a quote that nobody closes
          "i,10.0.0.9,65536,,,\n"                   // 9
          "j,10.0.0.10,,no,\"two\nlines\",\"p\"\n"  // 10: a control character
          "k,10.0.0.11,80,true,ok,p\n");
  ASSERT_EQ(table.rows.size(), 11U);
  EXPECT_EQ(
      errors(table),
      "2 id: wants a-z, 0-9, '.', '_' and '-', at most 64, a letter or digit first|2 http_port: wants 1 to "
      "65535|2 enabled: wants true or false|3 address: not an IP address|4 address: wants one address: no "
      "network, no URL|5 address: wants a host name or an IP address, without blanks|6 address: wants the "
      "address alone; the port has its own column|7 : 7 fields under 6 columns: is a field with a "
      "separator in quotes?|8 : text behind a closing quote|9 http_port: wants 1 to 65535|10 name: no "
      "control "
      "characters");
  EXPECT_EQ(table.rows[10].line, 13U);
  EXPECT_TRUE(table.rows[10].errors.empty());
}

TEST(ImportTable, a_file_that_is_no_list_of_devices_is_not_read_at_all) {
  EXPECT_EQ(refusal(""), "line 1: wants a header row with the names of the columns");
  EXPECT_EQ(refusal(" \n\n"), "line 1: wants a header row with the names of the columns");
  EXPECT_EQ(refusal("name\nb\n"), "line 1: wants a column address, url or id");
  EXPECT_EQ(refusal("address,colour\n"), "line 1: column 2: there is no field colour");
  EXPECT_EQ(refusal("address,driver,name,drivers\n"), "line 1: column 4: drivers for the second time");
  EXPECT_EQ(refusal("address,地址\n"), "line 1: column 2: address for the second time");
  // A first device in the place of the header may hold a password.
  EXPECT_EQ(refusal("a,10.0.0.1,admin,hunter2\n"),
            "line 1: wants a header row with the names of the columns");
  EXPECT_EQ(refusal("\"address\n"), "line 1: a quote is not closed");
  EXPECT_NE(refusal("address\n10.0.0.1\0\n"s).find("a NUL"), std::string::npos);
  EXPECT_NE(refusal("PK\x03\x04\x14\x00\x06\x00"s).find("spreadsheet"), std::string::npos);
  EXPECT_EQ(refusal("address\ncaf\xE9"), "neither utf-8 nor gb18030 throughout");
  std::string many = "address\n";
  for (std::size_t i = 0; i <= kMostImportRows; ++i) many += "a\n";
  EXPECT_EQ(refusal(many), "line 100002: more than 100000 devices");
}

TEST(ImportTable, a_hundred_thousand_rows_and_one_is_bad) {
  std::string text = "id,address,http_port\n";
  for (std::size_t i = 1; i <= kMostImportRows; ++i)
    text += "d" + std::to_string(i) + ",10.0." + std::to_string(i / 256 % 256) + '.' +
            std::to_string(i % 256) + (i == 77'777 ? ",eighty\n" : ",80\n");
  const auto table = csv(text);
  EXPECT_EQ(table.rows.size(), kMostImportRows);
  EXPECT_EQ(errors(table), "77777 http_port: wants 1 to 65535");
  EXPECT_EQ(table.rows[77'776].line, 77'778U);
}

TEST(ImportTable, an_error_never_shows_what_stands_in_the_file) {
  const auto table =
      csv("id,address,http_port,enabled,password\nHunter2!,Hunter2!/,Hunter2!,Hunter2!,\x01Hunter2!\n");
  EXPECT_GE(table.rows[0].errors.size(), 5U);
  EXPECT_EQ(errors(table).find("unter"), std::string::npos);
}

TEST(ImportTable, a_login_in_a_url_leaves_it) {
  const auto table = csv("url\nrtsp://root:secret@10.0.0.7:8554/main\nrtsp://10.0.0.8/x\nhttp://10.0.0.9/\n");
  EXPECT_EQ(table.rows[0].device.spec.url, "rtsp://10.0.0.7:8554/main");
  EXPECT_EQ(table.rows[0].device.spec.username, "root");
  EXPECT_TRUE(table.rows[0].device.password.equals("secret"));
  EXPECT_EQ(errors(table), "3 url: wants rtsp://host/path");
}

TEST(ImportTable, what_a_spreadsheet_would_run_is_a_text) {
  for (const auto& text :
       {"=cmd|' /C calc'!A0"s, "+1"s, "-1"s, "@SUM(A1)"s, "\tx"s, "\rx"s, "'=x"s, "''+x"s}) {
    EXPECT_TRUE(guarded(text).starts_with('\'')) << text;
    EXPECT_EQ(unguarded(guarded(text)), text);
  }
  for (const auto& text : {""s, "a=b"s, "'"s, "'quoted'"s, "it's"s, "1-2"s}) {
    EXPECT_EQ(guarded(text), text);
    EXPECT_EQ(unguarded(text), text);
  }
  const auto table = csv("address,name,password\n10.0.0.1,'=1+1,'=1+1\n");
  EXPECT_EQ(table.rows[0].device.spec.name, "=1+1");
  EXPECT_TRUE(table.rows[0].device.password.equals("'=1+1"));  // a password is what it is
}

TEST(ImportTable, lists_keep_their_separators) {
  const std::vector<std::string> items{"a", "b;c", "d\\e", " f ", "g h", "\\", ";"};
  EXPECT_EQ(split_list(join_list(items)), items);
  EXPECT_EQ(split_list(" a ; b;;c:\\d "), (std::vector<std::string>{"a", "b", "c:\\d"}));
}

TEST(ImportTable, yaml_is_a_list_of_devices_or_has_one) {
  for (const auto& text :
       {"- {id: a, address: 10.0.0.1, tags: [x, y]}\n- address: 10.0.0.2\n  password: no\n"s,
        "devices:\n  - id: a\n    ip: 10.0.0.1\n    tags: x;y\n  - address: 10.0.0.2\n    password: no\n"s,
        "# from elsewhere\n---\ndevices:\n- {\"id\": \"a\", \"address\": \"10.0.0.1\", \"tags\": [\"x\", "
        "\"y\"]}\n- {address: 10.0.0.2, password: no, name: ~, http_port: }\n"s}) {
    const auto table = yaml(text);
    ASSERT_EQ(table.rows.size(), 2U) << text;
    EXPECT_EQ(errors(table), "");
    EXPECT_EQ(table.rows[0].device.spec.tags, (std::vector<std::string>{"x", "y"}));
    EXPECT_TRUE(table.rows[1].device.password.equals("no"));
    EXPECT_FALSE(has(table.rows[1].given, Column::name));
    EXPECT_FALSE(has(table.rows[1].given, Column::http_port));
  }
  EXPECT_EQ(yaml("[]").rows.size(), 0U);
  EXPECT_EQ(yaml("devices: []\n").rows.size(), 0U);
}

TEST(ImportTable, yaml_can_empty_a_field_and_leave_it) {
  const auto table = yaml("- {id: a, name: \"\", tags: [], password: \"\", address: ~, http_port: \"\"}\n");
  const auto& given = table.rows[0].given;
  EXPECT_EQ(errors(table), "");
  EXPECT_TRUE(has(given, Column::name));
  EXPECT_TRUE(has(given, Column::tags));
  EXPECT_FALSE(has(given, Column::password));
  EXPECT_FALSE(has(given, Column::address));
  EXPECT_FALSE(has(given, Column::http_port));
}

TEST(ImportTable, yaml_errors_are_of_the_device_or_of_the_file) {
  EXPECT_EQ(
      errors(yaml("- {id: a, colour: red, address: 1.2.3.4}\n"
                  "- {id: b, address: [1.2.3.4]}\n"
                  "- {id: c, tags: {x: y}}\n"
                  "- {id: d, tags: [[x]]}\n"
                  "- {id: e, ip: 1.2.3.4, address: 1.2.3.4}\n"
                  "- {id: f, nested: {deep: [1, {x: 2}]}, http_port: 0x50}\n"
                  "- {id: g, enabled: no}\n")),
      "1 colour: there is no such field|2 address: wants a text|3 tags: wants a text or a list of texts|4 "
      "tags: "
      "wants a text or a list of texts|5 address: for the second time|6 nested: there is no such field|6 "
      "http_port: wants 1 to 65535");
  const auto bad = [](const std::string& text) { return refusal(text, ImportFormat::yaml); };
  EXPECT_EQ(bad(""), "line 1: wants a list of devices");
  EXPECT_EQ(bad("hello\n"), "line 1, column 1: wants a list of devices, not a text");
  EXPECT_EQ(bad("- a\n"), "line 1, column 3: wants a list of devices, not a text");
  EXPECT_EQ(bad("cameras: []\n"), "line 1, column 1: wants `devices` and nothing else here");
  EXPECT_TRUE(bad("devices:\n").ends_with("wants a list of devices, not nothing"));
  EXPECT_EQ(bad("- {id: a, id: b}\n"), "line 1, column 11: the same key twice");
  EXPECT_EQ(bad("- &a {id: a}\n- <<: *a\n"), "line 2, column 3: a merge key: write the fields out");
  EXPECT_EQ(bad("- id: a\n\tname: b\n").substr(0, 7), "line 2,");
}

}  // namespace
}  // namespace camfleet::fleet
