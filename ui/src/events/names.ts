// What devices are called, by id.

import { useMemo } from "react";
import { useFleet } from "../gateway";

export function useDeviceNames(): ReadonlyMap<string, string> {
  const { devices } = useFleet();
  return useMemo(() => new Map((devices ?? []).map((each) => [each.id, each.name])), [devices]);
}
