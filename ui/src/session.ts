// The operator's token: in sessionStorage, so that it ends with the tab, and never in the address bar or history.

const key = "camfleet.token";

type Place = Pick<Location, "hash" | "pathname" | "search">;
type Past = Pick<History, "replaceState">;
type Box = Pick<Storage, "getItem" | "setItem" | "removeItem">;

// Moves the token of a login link (`/#token=...`) into the storage and cleans the address. True where there was one.
export function takeLoginLink(place: Place, past: Past, box: Box): boolean {
  const fragment = place.hash.replace(/^#\/?/, "");
  if (!fragment.startsWith("token=")) return false;
  const token = new URLSearchParams(fragment).get("token") ?? "";
  past.replaceState(null, "", place.pathname + place.search + "#/");
  if (token.trim() === "") return false;
  box.setItem(key, token.trim());
  return true;
}

export function storedToken(box: Box): string | null {
  return box.getItem(key);
}

export function storeToken(box: Box, token: string | null): void {
  if (token === null) box.removeItem(key);
  else box.setItem(key, token);
}
