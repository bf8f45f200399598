#include "proto/wsd/message.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "proto/wsd/scopes.h"

namespace camfleet::wsd {
namespace {

std::string fixture(const std::string& name) {
  std::ifstream file{CAMFLEET_SOURCE_DIR "/src/proto/wsd/testdata/" + name, std::ios::binary};
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>{file}, {}};
}

Code code(std::string_view text) {
  const auto message = parse(text);
  return message ? Code::ok : message.error().code;
}

Message hello() {
  Message message;
  message.kind = Kind::hello;
  message.message_id = "urn:uuid:0a0b";
  message.targets.push_back(
      {"11223344-aabb",
       {"NetworkVideoTransmitter", "Device"},
       {"onvif://www.onvif.org/name/a%20b", "onvif://www.onvif.org/x?a=1&b=2"},
       {"http://10.0.0.7/onvif/device_service", "http://[fe80::1]/onvif/device_service"},
       7});
  return message;
}

TEST(Wsd, reads_the_answer_of_a_camera_that_left_out_half) {
  const auto message = parse(fixture("probematch-DS-TCG406-E.xml"));
  ASSERT_TRUE(message) << message.error().text();
  EXPECT_EQ(message->kind, Kind::probe_matches);
  EXPECT_EQ(message->relates_to, "");
  ASSERT_EQ(message->targets.size(), 1U);
  const auto& target = message->targets[0];
  EXPECT_EQ(target.epr, "");
  EXPECT_EQ(target.types, std::vector<std::string>{"NetworkVideoTransmitter"});
  EXPECT_EQ(target.xaddrs,
            (std::vector<std::string>{"http://192.168.74.57/onvif/device_service",
                                      "http://[fe80::eaa0:edff:fe00:1]/onvif/device_service"}));
  const auto facts = read_scopes(target.scopes);
  EXPECT_EQ(facts.name, "HIKVISION");
  EXPECT_EQ(facts.hardware, "DS-TCG406-E");
}

TEST(Wsd, reads_what_it_writes) {
  for (const auto kind : {Kind::hello, Kind::probe_matches, Kind::resolve_matches}) {
    auto message = hello();
    message.kind = kind;
    if (kind != Kind::hello) message.relates_to = "uuid:asked";
    const auto again = parse(write(message));
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(*again, message) << name(kind);
  }
  auto bye = hello();
  bye.kind = Kind::bye;
  const auto gone = parse(write(bye));
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->targets.at(0).epr, "11223344-aabb");
  EXPECT_TRUE(gone->targets.at(0).xaddrs.empty());
}

TEST(Wsd, writes_a_probe_with_and_without_types) {
  Message probe;
  probe.kind = Kind::probe;
  probe.message_id = "uuid:1";
  probe.targets.push_back({"", {"NetworkVideoTransmitter"}, {}, {}, 0});
  const auto text = write(probe);
  EXPECT_NE(text.find("<d:Types>dn:NetworkVideoTransmitter</d:Types>"), std::string::npos) << text;
  EXPECT_NE(text.find(">urn:schemas-xmlsoap-org:ws:2005:04:discovery<"), std::string::npos);
  EXPECT_NE(text.find(">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe<"), std::string::npos);
  probe.targets[0].types.clear();
  EXPECT_NE(write(probe).find("<d:Probe></d:Probe>"), std::string::npos);
  EXPECT_EQ(*parse(write(probe)), probe);
}

TEST(Wsd, takes_the_later_namespaces_and_any_prefix) {
  const auto message = parse(
      R"(<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://www.w3.org/2005/08/addressing">
         <e:Header><w:RelatesTo>urn:uuid:1</w:RelatesTo></e:Header><e:Body>
         <q:ProbeMatches xmlns:q="http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01"><q:ProbeMatch>
         <w:EndpointReference><w:Address> UUID:ABC-1 </w:Address></w:EndpointReference>
         </q:ProbeMatch></q:ProbeMatches></e:Body></e:Envelope>)");
  ASSERT_TRUE(message) << message.error().text();
  EXPECT_EQ(message->targets.at(0).epr, "abc-1");
}

TEST(Wsd, an_endpoint_reference_is_the_same_in_each_spelling) {
  EXPECT_EQ(normalised_epr("urn:uuid:ABC"), "abc");
  EXPECT_EQ(normalised_epr(" uuid:abc "), "abc");
  EXPECT_EQ(normalised_epr("Abc"), "abc");
  EXPECT_EQ(normalised_epr("http://Host/A"), "http://Host/A");
}

TEST(Wsd, refuses_bombs_and_whatever_is_no_message) {
  EXPECT_EQ(code("<!DOCTYPE a [<!ENTITY b \"c\">]><Envelope/>"), Code::xml_dtd_refused);
  std::string deep;
  for (int i = 0; i < 9000; ++i) deep += "<a>";
  EXPECT_EQ(code(deep), Code::xml_too_large);
  for (const auto* text : {"", "x", "<a/>", "<Envelope/>", "<Envelope><Body><Other/></Body></Envelope>",
                           "<Envelope><Header><RelatesTo>1</RelatesTo></Header></Envelope>"})
    EXPECT_NE(code(text), Code::ok) << text;
}

TEST(Wsd, keeps_no_more_than_its_limits) {
  std::string many = "<Envelope><Body><ProbeMatches>";
  for (int i = 0; i < 100; ++i) {
    many += "<ProbeMatch><XAddrs>";
    for (int j = 0; j < 40; ++j) many += "http://a ";
    many += std::string(600, 'x') + "</XAddrs></ProbeMatch>";
  }
  const auto message = parse(many + "</ProbeMatches></Body></Envelope>");
  ASSERT_TRUE(message);
  ASSERT_EQ(message->targets.size(), kMaxTargets);
  EXPECT_EQ(message->targets[0].xaddrs.size(), 40U);  // the long word is left out

  std::string words = "<Envelope><Body><Hello><Scopes>";
  for (int i = 0; i < 5000; ++i) words += "a ";
  const auto hello = parse(words + "</Scopes></Hello></Body></Envelope>");
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->targets.at(0).scopes.size(), kMaxWords);
}

TEST(WsdScopes, are_decoded_and_made_readable) {
  const auto facts = read_scopes(
      {"onvif://www.onvif.org/type/video_encoder", "onvif://www.onvif.org/name/HIKVISION%20DS-2CD2146G2-ISU",
       "onvif://www.onvif.org/name/second", "ONVIF://www.onvif.org/MAC/44:19:b6:00:00:11",
       "onvif://www.onvif.org/location/country/china", "onvif://www.onvif.org/location/%E4%B8%9C",
       "onvif://www.onvif.org/hardware/%ff%00DS%zz", "http://elsewhere/name/x", "junk"});
  EXPECT_EQ(facts.name, "HIKVISION DS-2CD2146G2-ISU");
  EXPECT_EQ(facts.mac, "44:19:b6:00:00:11");
  EXPECT_EQ(facts.location, "country/china, 东");
  EXPECT_EQ(facts.hardware,
            "\xEF\xBF\xBD\xEF\xBF\xBD"
            "DS%zz");
}

TEST(WsdScopes, match_by_whole_segments) {
  EXPECT_TRUE(scope_matches("onvif://www.onvif.org/Profile", "onvif://www.onvif.org/Profile/Streaming"));
  EXPECT_TRUE(scope_matches("onvif://www.onvif.org/Profile/", "onvif://www.onvif.org/Profile"));
  EXPECT_FALSE(scope_matches("onvif://www.onvif.org/Prof", "onvif://www.onvif.org/Profile"));
  EXPECT_FALSE(scope_matches("onvif://www.onvif.org/Profile/Streaming", "onvif://www.onvif.org/Profile"));
}

}  // namespace
}  // namespace camfleet::wsd
