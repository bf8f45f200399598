import { expect, it } from "vitest";
import type { Device } from "../types";
import { patchOf, specOf } from "./device_form";

const form = (values: Record<string, string>) => {
  const data = new FormData();
  for (const [name, value] of Object.entries(values)) data.set(name, value);
  return data;
};
const device: Device = {
  id: "gate-7",
  name: "Gate",
  drivers: ["hikvision"],
  address: "10.0.0.7",
  http_port: 80,
  rtsp_port: 554,
  username: "admin",
  tags: ["north"],
  enabled: true,
  state: "online",
  reason: "fleet.connected",
  since: "",
  channels: [],
};
const unchanged = { name: "Gate", address: "10.0.0.7", http_port: "80", rtsp_port: "554", username: "admin", password: "", tags: "north" };

it("sends of a new device what was filled in", () => {
  expect(specOf(form({ address: " 10.0.0.9 ", http_port: "", name: "", tags: "a，b; c", password: " p " }), "hikvision")).toEqual({
    drivers: ["hikvision"],
    address: "10.0.0.9",
    tags: ["a", "b", "c"],
    password: " p ",
  });
});

it("keeps of a proposal what the form does not show", () => {
  expect(specOf(form({ address: "10.0.0.9", id: "x" }), "hikvision", { id: "ds", sdk_port: 8001, drivers: ["hikvision"] })).toEqual({
    id: "x",
    drivers: ["hikvision"],
    address: "10.0.0.9",
    sdk_port: 8001,
  });
});

it("sends of a device through the vendor's library how it is logged in to", () => {
  const filled = { address: "10.0.0.9", sdk_port: "8443", sdk_login: "private", sdk_tls: "on" };
  expect(specOf(form(filled), "hcnetsdk")).toEqual({
    drivers: ["hcnetsdk"],
    address: "10.0.0.9",
    sdk_port: 8443,
    sdk_login: "private",
    sdk_tls: true,
  });
  expect(specOf(form({ address: "10.0.0.9", sdk_login: "auto" }), "hcnetsdk")).toEqual({ drivers: ["hcnetsdk"], address: "10.0.0.9" });
});

it("changes how the vendor's library logs in, and of others leaves that alone", () => {
  const through: Device = { ...device, drivers: ["hcnetsdk"], sdk_port: 8000, sdk_login: "auto", sdk_tls: true };
  const shown = { ...unchanged, sdk_port: "8000", sdk_login: "auto", sdk_tls: "on" };
  expect(patchOf(form(shown), "hcnetsdk", through)).toEqual({});
  const { sdk_tls: _, ...plain } = shown;
  expect(patchOf(form({ ...plain, sdk_login: "isapi" }), "hcnetsdk", through)).toEqual({ sdk_login: "isapi", sdk_tls: false });
  expect(patchOf(form(unchanged), "hikvision", { ...device, sdk_tls: true })).toEqual({});
});

it("changes nothing where nothing was changed", () => {
  expect(patchOf(form(unchanged), "hikvision", device)).toEqual({});
});

it("changes what was changed, and takes away what was emptied", () => {
  expect(patchOf(form({ ...unchanged, name: "", http_port: "8080", tags: "north, gates", password: "new", always_on: "on" }), "hikvision", device)).toEqual({
    name: null,
    http_port: 8080,
    tags: ["north", "gates"],
    password: "new",
    always_on: true,
  });
});
