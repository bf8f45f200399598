#include "sim/sdk_documents.h"

#include <array>
#include <utility>

#include "base/text.h"
#include "proto/xml/writer.h"

namespace camfleet::sim {
namespace {

xml::Writer begin(const Device& device, std::string_view root) {
  const auto& dialect = device.dialect();
  xml::Writer out{dialect.newline};
  if (dialect.declaration) out.declaration();
  xml::Writer::Attributes attributes;
  if (!dialect.version.empty()) attributes.emplace_back("version", dialect.version);
  if (!dialect.xml_namespace.empty()) attributes.emplace_back("xmlns", dialect.xml_namespace);
  out.open(root, attributes);
  return out;
}

std::string end(xml::Writer& out) {
  out.close();
  return out.take();
}

// Without the port of RTSP in here the library tries port 0.
std::string admin_accesses(const Device& device) {
  auto out = begin(device, "AdminAccessProtocolList");
  int id = 0;
  for (const auto& [protocol, port] :
       {std::pair{"HTTP", device.settings().http_port}, std::pair{"RTSP", device.settings().rtsp_port}}) {
    out.open("AdminAccessProtocol");
    out.element("id", ++id);
    out.element("enabled", true);
    out.element("protocol", protocol);
    out.element("portNo", port);
    out.close();
  }
  return end(out);
}

std::string io_ports(const Device& device, std::string_view list, std::string_view entry) {
  auto out = begin(device, list);
  out.open(entry);
  out.element("id", 1);
  out.element("triggering", "high");
  out.close();
  return end(out);
}

std::string disks(const Device& device) {
  auto out = begin(device, "hddList");
  if (device.identity().nvr) {
    out.open("hdd");
    out.element("id", 1);
    out.element("hddName", "hdda");
    out.element("hddType", "SATA");
    out.element("status", "ok");
    out.element("capacity", 3'815'447);
    out.element("freeSpace", 0);
    out.element("property", "RW");
    out.close();
  }
  return end(out);
}

std::string talk_channels(const Device& device) {
  auto out = begin(device, "TwoWayAudioChannelList");
  if (device.identity().audio != Audio::none) {
    out.open("TwoWayAudioChannel");
    out.element("id", 1);
    out.element("enabled", false);
    out.element("audioCompressionType", isapi_name_of(device.identity().audio));
    out.close();
  }
  return end(out);
}

std::string zero_channels(const Device& device) {
  auto out = begin(device, "ZeroVideoChannelList");
  return end(out);
}

std::string security(const Device& device) {
  auto out = begin(device, "SecurityCap");
  out.element("supportUserNums", 32);
  out.element("isSupportONVIFUserManagement", false);
  return end(out);
}

std::string language(const Device& device) {
  auto out = begin(device, "DeviceLanguage");
  out.element("language", "English");
  return end(out);
}

}  // namespace

std::string find_sdk_document(const Device& device, std::string_view path) {
  if (iequals(path, "/ISAPI/Security/adminAccesses")) return admin_accesses(device);
  if (iequals(path, "/ISAPI/Security/capabilities")) return security(device);
  if (iequals(path, "/ISAPI/System/IO/inputs")) return io_ports(device, "IOInputPortList", "IOInputPort");
  if (iequals(path, "/ISAPI/System/IO/outputs")) return io_ports(device, "IOOutputPortList", "IOOutputPort");
  if (iequals(path, "/ISAPI/System/TwoWayAudio/channels")) return talk_channels(device);
  if (iequals(path, "/ISAPI/ContentMgmt/Storage/hdd")) return disks(device);
  if (iequals(path, "/ISAPI/ContentMgmt/ZeroVideo/channels"))
    return device.identity().nvr ? zero_channels(device) : std::string{};
  if (iequals(path, "/SDK/language")) return language(device);
  return {};
}

}  // namespace camfleet::sim
