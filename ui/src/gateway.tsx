// What belongs to the signed-in operator: the way to the gateway, who they are, the event stream, the fleet and its alarms.

import { createContext, useCallback, useContext, useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { AlarmLog } from "./alarms/log";
import { Api } from "./api";
import { FleetStore, type FleetView } from "./fleet/store";
import { useI18n } from "./i18n/context";
import { EventHub, type HubEvent, type HubState } from "./live/event_hub";
import { roles, type Alarm, type Role, type Whoami } from "./types";

export interface Gateway {
  api: Api;
  hub: EventHub;
  fleet: FleetStore;
  alarms: AlarmLog;
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
  return { api, hub, fleet: new FleetStore(api, hub), alarms: new AlarmLog() };
}

const Context = createContext<{ gateway: Gateway; who: Whoami | null } | null>(null);

export function GatewayProvider({ gateway, children }: { gateway: Gateway; children: ReactNode }) {
  const [who, setWho] = useState<Whoami | null>(null);
  useEffect(() => {
    const { api, hub, alarms } = gateway;
    const stop = new AbortController();
    hub.start();
    const forget = hub.listen((event) => alarms.heard(event));
    // A gateway that does not say who we are refuses what we may not do: the console need not know.
    const unknown: Whoami = { role: "admin", id: "", name: "", expires_at: null };
    api.whoami(stop.signal).then(setWho, () => {
      if (!stop.signal.aborted) setWho(unknown);
    });
    return () => {
      stop.abort();
      forget();
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

export function useAlarms(): readonly Alarm[] {
  const { alarms } = useGateway();
  return useSyncExternalStore(
    useCallback((changed) => alarms.watch(changed), [alarms]),
    () => alarms.all,
  );
}
