import { expect, it, vi } from "vitest";
import { storedToken, takeLoginLink } from "./session";

function box() {
  const values = new Map<string, string>();
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
}

it.each(["#token=abc%2Bd", "#/token=abc%2Bd"])("moves the token of a login link out of the address: %s", (hash) => {
  const past = { replaceState: vi.fn() };
  const storage = box();
  expect(takeLoginLink({ hash, pathname: "/", search: "" }, past, storage)).toBe(true);
  expect(storedToken(storage)).toBe("abc+d");
  expect(past.replaceState).toHaveBeenCalledWith(null, "", "/#/");
});

it("leaves other fragments alone", () => {
  const past = { replaceState: vi.fn() };
  expect(takeLoginLink({ hash: "#/devices/token=1", pathname: "/", search: "" }, past, box())).toBe(false);
  expect(past.replaceState).not.toHaveBeenCalled();
});

it("cleans the address even where the token is empty", () => {
  const past = { replaceState: vi.fn() };
  const storage = box();
  expect(takeLoginLink({ hash: "#token=", pathname: "/", search: "" }, past, storage)).toBe(false);
  expect(past.replaceState).toHaveBeenCalled();
  expect(storedToken(storage)).toBeNull();
});
