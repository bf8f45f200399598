// The wall as its address says it: #/wall?n=4&s=gate-7/1&s=&s=nvr-1/3. A wall can be shared, and comes back after a restart.

export const wallSizes = [1, 4, 9, 16] as const;
export type WallSize = (typeof wallSizes)[number];
export interface Place {
  device: string;
  channel: number;
}
export interface WallAddress {
  size: WallSize;
  places: (Place | null)[]; // as many as the size says
}

export function parseWall(query: URLSearchParams): WallAddress {
  const size = wallSizes.find((each) => String(each) === query.get("n")) ?? 4;
  const given = query.getAll("s").map((text) => {
    const at = text.lastIndexOf("/");
    const channel = Number(text.slice(at + 1));
    return at > 0 && Number.isInteger(channel) && channel > 0 ? { device: text.slice(0, at), channel } : null;
  });
  return { size, places: Array.from({ length: size }, (_, i) => given[i] ?? null) };
}

export function wallQuery({ size, places }: WallAddress): URLSearchParams {
  const query = new URLSearchParams({ n: String(size) });
  const last = places.findLastIndex((each) => each !== null);
  for (const place of places.slice(0, Math.min(size, last + 1))) query.append("s", place === null ? "" : `${place.device}/${place.channel}`);
  return query;
}

export function resize(wall: WallAddress, size: WallSize): WallAddress {
  // Those that are there move together where the wall gets smaller.
  const there = wall.places.length > size ? wall.places.filter((each) => each !== null) : wall.places;
  return { size, places: Array.from({ length: size }, (_, i) => there[i] ?? null) };
}

export function put(wall: WallAddress, index: number, place: Place | null): WallAddress {
  return { ...wall, places: wall.places.map((each, i) => (i === index ? place : each)) };
}

export function swap(wall: WallAddress, from: number, to: number): WallAddress {
  const places = [...wall.places];
  [places[from], places[to]] = [places[to] ?? null, places[from] ?? null];
  return { ...wall, places };
}
