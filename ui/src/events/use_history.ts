// Bridges an EventHistory to React and rings it: with the event stream, after an interruption of it, and now and then without one.

import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import { useApi, useGateway, useHubEvents } from "../gateway";
import { useI18n } from "../i18n/context";
import type { HubEvent } from "../live/event_hub";
import { eventQuery, mayConcern, parseEventQuery } from "./address";
import { EventHistory, usualOptions, type HistoryOptions, type HistoryView } from "./history";

const deafMs = 5_000;

// `search` is the filter as eventQuery writes it: another text begins anew.
export function useHistory(search: string, options: HistoryOptions = usualOptions): { history: EventHistory; view: HistoryView } {
  const api = useApi();
  const { hub } = useGateway();
  const { language } = useI18n();
  const filter = useMemo(() => parseEventQuery(new URLSearchParams(search)), [search]);
  const history = useMemo(
    () => new EventHistory(api, eventQuery(filter), options),
    [api, filter, options, language], // names of types come in the reader's language
  );
  useEffect(() => {
    history.start();
    // What came before the stream was open again rings nothing.
    const forget = hub.watch(() => hub.state === "open" && history.ring());
    const timer = setInterval(() => hub.state !== "open" && history.ring(), deafMs);
    return () => {
      forget();
      clearInterval(timer);
      history.stop();
    };
  }, [history, hub]);
  useHubEvents(
    useCallback(
      (event: HubEvent) => {
        if (event.kind === "reset") history.ring();
        if (event.kind !== "alarm" && event.kind !== "event" && event.kind !== "move") return;
        const told = event.kind === "move" ? { device: event.device } : { device: event.device, type: event.type };
        if (mayConcern(filter, told, api.now())) history.ring();
      },
      [history, filter, api],
    ),
  );
  const view = useSyncExternalStore(
    useCallback((changed) => history.watch(changed), [history]),
    () => history.view,
  );
  return { history, view };
}
