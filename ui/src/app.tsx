import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { Api } from "./api";
import { Boundary } from "./components/boundary";
import { Header } from "./components/header";
import { Keys } from "./components/keys";
import { GatewayProvider, makeGateway } from "./gateway";
import { forgetAnswers } from "./hooks";
import { useI18n } from "./i18n/context";
import { AccountPage } from "./pages/account";
import { BlindPage } from "./pages/blind";
import { DevicePage } from "./pages/device";
import { EventsPage } from "./pages/events";
import { FleetPage } from "./pages/fleet";
import { LoginPage } from "./pages/login";
import { noteFleetPlace } from "./pages/place";
import { WallPage } from "./pages/wall";
import { pageHref, parseRoute, useHash, type PageName, type Route } from "./router";
import { storedToken, storeToken, takeLoginLink } from "./session";

// Those that few open come when they are opened.
const DiscoveredPage = lazy(async () => ({ default: (await import("./pages/discovered")).DiscoveredPage }));
const ImportPage = lazy(async () => ({ default: (await import("./pages/import")).ImportPage }));
const SinksPage = lazy(async () => ({ default: (await import("./pages/sinks")).SinksPage }));
const TokensPage = lazy(async () => ({ default: (await import("./pages/tokens")).TokensPage }));

export function App() {
  const { language, t } = useI18n();
  const [token, setToken] = useState(() => storedToken(sessionStorage));
  const [expired, setExpired] = useState(false);
  const [helping, setHelping] = useState(false);
  const hash = useHash();
  const route = useMemo(() => parseRoute(hash), [hash]);

  // A login link that is pasted into an open page.
  useEffect(() => {
    if (takeLoginLink(location, history, sessionStorage)) {
      forgetAnswers();
      setToken(storedToken(sessionStorage));
    }
  }, [hash]);

  const latestLanguage = useRef(language);
  latestLanguage.current = language;
  const gateway = useMemo(() => {
    if (token === null) return null;
    return makeGateway(
      new Api({
        token,
        language: () => latestLanguage.current,
        onUnauthorized: () => {
          storeToken(sessionStorage, null);
          forgetAnswers();
          setExpired(true);
          setToken(null);
        },
      }),
    );
  }, [token]);

  const signIn = (given: string) => {
    storeToken(sessionStorage, given);
    setExpired(false);
    setToken(given);
  };
  const signOut = () => {
    storeToken(sessionStorage, null);
    forgetAnswers();
    setExpired(false);
    setToken(null);
  };

  useGoKeys(() => setHelping(true));
  const page: PageName | null = route.page === "unknown" || route.page === "device" ? null : route.page;
  const body = (
    <>
      <a className="skip" href="#content" onClick={skip}>
        {t("app.skip")}
      </a>
      <Header onSignOut={gateway === null ? null : signOut} onHelp={() => setHelping(true)} page={page} />
      {gateway === null ? (
        <LoginPage expired={expired} onToken={signIn} />
      ) : (
        <Boundary key={route.page}>
          <Suspense fallback={<main className="page" id="content" />}>
            <Routed route={route} hash={hash} />
          </Suspense>
        </Boundary>
      )}
      {helping ? <Keys onClose={() => setHelping(false)} /> : null}
    </>
  );
  return gateway === null ? body : <GatewayProvider gateway={gateway}>{body}</GatewayProvider>;
}

function Routed({ route, hash }: { route: Route; hash: string }) {
  const { t } = useI18n();
  const where = route.page === "device" ? route.id : route.page;
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [where]);
  useEffect(() => {
    if (route.page === "fleet") noteFleetPlace(hash);
  }, [route, hash]);
  switch (route.page) {
    case "fleet":
      return <FleetPage query={route.query} />;
    case "device":
      return <DevicePage key={route.id} id={route.id} channel={route.channel} profile={route.profile} />;
    case "wall":
      return <WallPage query={route.query} />;
    case "events":
      return <EventsPage query={route.query} />;
    case "blind":
      return <BlindPage query={route.query} />;
    case "account":
      return <AccountPage query={route.query} />;
    case "discovered":
      return <DiscoveredPage />;
    case "import":
      return <ImportPage />;
    case "sinks":
      return <SinksPage />;
    case "tokens":
      return <TokensPage />;
    case "unknown":
      return (
        <main className="page" id="content">
          <p>{t("app.not_found")}</p>
          <a href="#/">{t("app.to_fleet")}</a>
        </main>
      );
  }
}

const goTo: Record<string, PageName> = { f: "fleet", w: "wall", e: "events", b: "blind", s: "sinks", d: "discovered", i: "import", t: "tokens" };
const goMs = 1_500;

// "g" and then a letter leads to a page; "?" tells of all keys.
function useGoKeys(help: () => void): void {
  const since = useRef(-Infinity);
  const latest = useRef(help);
  latest.current = help;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement | null;
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (target?.closest("input, textarea, select, dialog") != null || document.querySelector("dialog[open]") !== null) return;
      const page = Object.hasOwn(goTo, event.key) ? goTo[event.key] : undefined;
      if (page !== undefined && event.timeStamp - since.current < goMs) {
        since.current = -Infinity;
        event.preventDefault();
        event.stopImmediatePropagation();
        window.location.hash = pageHref(page);
      } else if (event.key === "g") {
        since.current = event.timeStamp;
      } else if (event.key === "?") {
        event.preventDefault();
        latest.current();
      }
    };
    window.addEventListener("keydown", pressed, true); // before the keys of a page: "g f" is not "f"
    return () => window.removeEventListener("keydown", pressed, true);
  }, []);
}

// The fragment is the route, so the skip link moves the focus by hand.
function skip(event: React.MouseEvent): void {
  event.preventDefault();
  const content = document.getElementById("content");
  content?.setAttribute("tabindex", "-1");
  content?.focus();
}
