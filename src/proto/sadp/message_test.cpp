#include "proto/sadp/message.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace camfleet::sadp {
namespace {

std::string fixture(const std::string& name) {
  std::ifstream file{CAMFLEET_SOURCE_DIR "/src/proto/sadp/testdata/" + name, std::ios::binary};
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>{file}, {}};
}

Code code(std::string_view text) {
  const auto message = parse(text);
  return message ? Code::ok : message.error().code;
}

TEST(Sadp, reads_the_answer_of_a_camera) {
  const auto message = parse(fixture("probematch-DS-2CD2320D-I.xml"));
  ASSERT_TRUE(message) << message.error().text();
  EXPECT_EQ(message->kind, Kind::match);
  EXPECT_EQ(message->uuid, "F93CF8DC-DF53-424B-98A7-9FC0536E1083");
  const auto& device = message->device;
  EXPECT_EQ(device.model, "DS-2CD2320D-I");
  EXPECT_EQ(device.serial, "DS-2CD2320D-I20180919AACHC00000000");
  EXPECT_EQ(device.mac, "44-47-cc-00-00-01");
  EXPECT_EQ(device.ipv4, "192.168.1.112");
  EXPECT_EQ(device.ipv6, "2001:db8::1");
  EXPECT_EQ(device.http_port, 80);
  EXPECT_EQ(device.command_port, 8000);
  EXPECT_EQ(device.digital_channels, 1);
  EXPECT_EQ(device.firmware, "V5.5.6build 180326");
  EXPECT_EQ(device.dhcp, true);
  EXPECT_EQ(device.activated, true);
}

TEST(Sadp, reads_an_answer_on_one_line) {
  const auto message = parse(fixture("probematch-DS-TCG406-E-oneline.xml"));
  ASSERT_TRUE(message) << message.error().text();
  EXPECT_EQ(message->device.http_port, 88);
  EXPECT_EQ(message->device.serial, "DS-TCG406-E 20250322AIFX0000000");
}

TEST(Sadp, finds_the_elements_where_the_xml_is_broken) {
  auto text = fixture("probematch-DS-2CD2320D-I.xml");
  text.replace(text.find("</ProbeMatch>"), 13, "</Probe");
  text.replace(text.find("</BootTime>"), 11, "</Boot>");
  const auto message = parse(text);
  ASSERT_TRUE(message) << message.error().text();
  EXPECT_EQ(message->kind, Kind::match);
  EXPECT_EQ(message->device.mac, "44-47-cc-00-00-01");
  EXPECT_EQ(message->device.activated, true);
}

TEST(Sadp, reads_what_it_writes) {
  auto message = *parse(fixture("probematch-DS-2CD2320D-I.xml"));
  EXPECT_EQ(*parse(write_device(message)), message);
  message.kind = Kind::hello;
  message.types = "hello";
  message.device.activated = false;
  message.device.model = "a & <b>";
  EXPECT_EQ(*parse(write_device(message)), message);
  const auto inquiry = parse(write_inquiry("ABC", "inquiry_v32"));
  ASSERT_TRUE(inquiry);
  EXPECT_EQ(inquiry->kind, Kind::inquiry);
  EXPECT_EQ(inquiry->uuid, "ABC");
  EXPECT_EQ(inquiry->types, "inquiry_v32");
}

TEST(Sadp, takes_no_part_in_what_changes_devices) {
  EXPECT_EQ(code("<Probe><Uuid>1</Uuid><Types>activate</Types></Probe>"), Code::device_unexpected_answer);
  EXPECT_EQ(code("<ProbeMatch><Uuid>1</Uuid><Types>update</Types><Result>success</Result></ProbeMatch>"),
            Code::device_unexpected_answer);
}

TEST(Sadp, refuses_bombs_and_whatever_is_no_message) {
  EXPECT_EQ(code("<!DOCTYPE a [<!ENTITY b \"c\">]><ProbeMatch><MAC>&b;</MAC></ProbeMatch>"),
            Code::xml_dtd_refused);
  std::string deep = "<ProbeMatch>";
  for (int i = 0; i < 9000; ++i) deep += "<a>";
  EXPECT_EQ(code(deep), Code::xml_too_large);
  for (const auto* text : {"", "x", "<a/>", "<Envelope/>"}) EXPECT_NE(code(text), Code::ok) << text;
}

TEST(Sadp, leaves_out_what_lies) {
  const auto message = parse("<ProbeMatch><HttpPort>0</HttpPort><CommandPort>70000</CommandPort><DeviceSN>" +
                             std::string(5000, 'x') + "</DeviceSN><Activated>maybe</Activated></ProbeMatch>");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->device.http_port, std::nullopt);
  EXPECT_EQ(message->device.command_port, std::nullopt);
  EXPECT_EQ(message->device.activated, std::nullopt);
  EXPECT_EQ(message->device.serial, "");
}

}  // namespace
}  // namespace camfleet::sadp
