// Hands the Api of the signed-in operator to the components below.

import { createContext, useContext } from "react";
import type { Api } from "./api";

const Context = createContext<Api | null>(null);
export const GatewayProvider = Context;

export function useApi(): Api {
  const api = useContext(Context);
  if (api === null) throw new Error("useApi outside of GatewayProvider");
  return api;
}
