// What belongs to the signed-in operator: the way to the gateway, who they are, the event stream, the fleet and who is blind.

import { createContext, useCallback, useContext, useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { Api } from "./api";
import { BlindStore, type BlindView } from "./blind/store";
import { FleetStore, type FleetView } from "./fleet/store";
import { useI18n } from "./i18n/context";
import { EventHub, type HubEvent, type HubState } from "./live/event_hub";
import { roles, type Role, type Whoami } from "./types";

export interface Gateway {
  api: Api;
  hub: EventHub;
  fleet: FleetStore;
  blind: BlindStore;
}

export function makeGateway(api: Api): Gateway {
  const hub = new EventHub({
    connect: (cursor, signal) => api.stream(cursor, signal),
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
  });
  return { api, hub, fleet: new FleetStore(api, hub), blind: new BlindStore(api, hub) };
}

const Context = createContext<{ gateway: Gateway; who: Whoami | null } | null>(null);

export function GatewayProvider({ gateway, children }: { gateway: Gateway; children: ReactNode }) {
  const [who, setWho] = useState<Whoami | null>(null);
  useEffect(() => {
    const { api, hub } = gateway;
    const stop = new AbortController();
    hub.start();
    // A gateway that does not say who we are refuses what we may not do: the console need not know.
    const unknown: Whoami = { role: "admin", id: "", name: "", expires_at: null };
    api.whoami(stop.signal).then(setWho, () => {
      if (!stop.signal.aborted) setWho(unknown);
    });
    return () => {
      stop.abort();
      hub.stop();
    };
  }, [gateway]);
  // The sentences of events come in the language in which the stream was asked for; the cursor leads on where it was.
  const { language } = useI18n();
  const heard = useRef(language);
  useEffect(() => {
    if (heard.current === language) return;
    heard.current = language;
    gateway.fleet.texts.clear();
    gateway.hub.restart();
  }, [gateway, language]);
  return <Context value={{ gateway, who }}>{children}</Context>;
}

function useContextValue() {
  const value = useContext(Context);
  if (value === null) throw new Error("outside of GatewayProvider");
  return value;
}

export function useGateway(): Gateway {
  return useContextValue().gateway;
}

export function useApi(): Api {
  return useContextValue().gateway.api;
}

// Whether the operator's role reaches `role`; false while nobody knows yet.
export function useMay(role: Role): boolean {
  const { who } = useContextValue();
  return who !== null && roles.indexOf(who.role) >= roles.indexOf(role);
}

export function useFleet(): FleetView {
  const { fleet } = useGateway();
  return useSyncExternalStore(
    useCallback((changed) => fleet.use(changed), [fleet]),
    () => fleet.view,
  );
}

export function useHubState(): HubState {
  const { hub } = useGateway();
  return useSyncExternalStore(
    useCallback((changed) => hub.watch(changed), [hub]),
    () => hub.state,
  );
}

export function useHubEvents(listener: (event: HubEvent) => void): void {
  const { hub } = useGateway();
  useEffect(() => hub.listen(listener), [hub, listener]);
}

// Which devices are blind now; null as long as nobody knows.
export function useBlind(): BlindView {
  const { blind } = useGateway();
  return useSyncExternalStore(
    useCallback((changed) => blind.use(changed), [blind]),
    () => blind.view,
  );
}
