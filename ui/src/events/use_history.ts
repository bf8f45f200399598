// Bridges an EventHistory to React and rings it: with the event stream, after an interruption of it, and now and then without one.

import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import { useApi, useGateway, useHubEvents } from "../gateway";
import { useI18n } from "../i18n/context";
import type { HubEvent } from "../live/event_hub";
import { eventQuery, mayConcern, parseEventQuery } from "./address";
import { EventHistory, usualOptions, type HistoryOptions, type HistoryView } from "./history";

const deafMs = 5_000;
const restMs = 20_000; // a net below the net
const ours = "camfleet.";

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
    // What came before the stream was open again rings nothing, and nobody looks at a page that is hidden.
    const forget = hub.watch(() => hub.state === "open" && history.ring());
    let asked = Date.now();
    const timer = setInterval(() => {
      if (document.hidden || (hub.state === "open" && Date.now() - asked < restMs)) return;
      asked = Date.now();
      history.ring();
    }, deafMs);
    const seen = () => document.hidden || history.ring();
    document.addEventListener("visibilitychange", seen);
    return () => {
      forget();
      clearInterval(timer);
      document.removeEventListener("visibilitychange", seen);
      history.stop();
    };
  }, [history, hub]);
  useHubEvents(
    useCallback(
      (event: HubEvent) => {
        if (document.hidden) return;
        if (event.kind === "reset") history.ring();
        if (event.kind !== "alarm" && event.kind !== "move") return;
        // The gateway's own entries are not told: they come with moves.
        const type = event.kind === "alarm" ? event.type : filter.type.startsWith(ours) ? filter.type : ours;
        if (mayConcern(filter, { device: event.device, type }, api.now())) history.ring();
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
