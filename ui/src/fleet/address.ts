// What the fleet's page shows, as the query of its address: names and meanings are those of GET /devices, so that a view can be
// shared and asked for by hand.

import { states, type State } from "../types";
import { groupings, noFilter, sortKeys, troubledFirst, type Filter, type Grouping, type Sort, type SortKey } from "./order";

export const layouts = ["both", "map", "list"] as const;
export type Layout = (typeof layouts)[number];

export interface FleetAddress {
  filter: Filter;
  sort: Sort;
  group: Grouping;
  layout: Layout;
}

// As GET /devices takes them; what it does not know stays out.
export function filterQuery(filter: Filter): URLSearchParams {
  const query = new URLSearchParams();
  if (filter.states.length > 0) query.set("state", filter.states.join(","));
  for (const tag of filter.tags) query.append("tag", tag);
  if (filter.driver !== "") query.set("driver", filter.driver);
  if (filter.reason !== "") query.set("reason", filter.reason);
  if (filter.q.trim() !== "") query.set("q", filter.q.trim());
  return query;
}

export function toQuery({ filter, sort, group, layout }: FleetAddress): URLSearchParams {
  const query = filterQuery(filter);
  if (filter.q !== "") query.set("q", filter.q);
  if (filter.blind !== "") query.set("blind", filter.blind);
  if (sort.key !== troubledFirst.key || sort.descending) query.set("sort", (sort.descending ? "-" : "") + sort.key);
  if (group !== "none") query.set("group", group);
  if (layout !== "both") query.set("view", layout);
  return query;
}

// Whatever somebody typed: what is not understood is left out.
export function parseQuery(query: URLSearchParams): FleetAddress {
  const sort = query.get("sort") ?? "";
  const key = sort.replace(/^-/, "") as SortKey;
  return {
    filter: {
      ...noFilter,
      states: (query.get("state") ?? "").split(",").filter((each): each is State => (states as readonly string[]).includes(each)),
      tags: query.getAll("tag").filter(Boolean),
      driver: query.get("driver") ?? "",
      reason: query.get("reason") ?? "",
      q: (query.get("q") ?? "").slice(0, 128),
      blind: (["true", "false"] as const).find((each) => each === query.get("blind")) ?? "",
    },
    sort: sortKeys.includes(key) ? { key, descending: sort.startsWith("-") } : troubledFirst,
    group: groupings.find((each) => each === query.get("group")) ?? "none",
    layout: layouts.find((each) => each === query.get("view")) ?? "both",
  };
}
