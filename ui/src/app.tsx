import { useEffect, useMemo, useRef, useState } from "react";
import { Api } from "./api";
import { Boundary } from "./components/boundary";
import { Header } from "./components/header";
import { GatewayProvider } from "./gateway";
import { forgetAnswers } from "./hooks";
import { useI18n } from "./i18n/context";
import { DevicePage } from "./pages/device";
import { FleetPage } from "./pages/fleet";
import { LoginPage } from "./pages/login";
import { parseRoute, useHash } from "./router";
import { storedToken, storeToken, takeLoginLink } from "./session";

export function App() {
  const { language, t } = useI18n();
  const [token, setToken] = useState(() => storedToken(sessionStorage));
  const [expired, setExpired] = useState(false);
  const hash = useHash();

  // A login link that is pasted into an open page.
  useEffect(() => {
    if (takeLoginLink(location, history, sessionStorage)) {
      forgetAnswers();
      setToken(storedToken(sessionStorage));
    }
  }, [hash]);

  const latestLanguage = useRef(language);
  latestLanguage.current = language;
  const api = useMemo(() => {
    if (token === null) return null;
    return new Api({
      token,
      language: () => latestLanguage.current,
      onUnauthorized: () => {
        storeToken(sessionStorage, null);
        forgetAnswers();
        setExpired(true);
        setToken(null);
      },
    });
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

  return (
    <>
      <a className="skip" href="#content" onClick={skip}>
        {t("app.skip")}
      </a>
      <Header onSignOut={api === null ? null : signOut} />
      {api === null ? (
        <LoginPage expired={expired} onToken={signIn} />
      ) : (
        <GatewayProvider value={api}>
          <Boundary>
            <Routed hash={hash} />
          </Boundary>
        </GatewayProvider>
      )}
    </>
  );
}

function Routed({ hash }: { hash: string }) {
  const { t } = useI18n();
  const route = parseRoute(hash);
  const where = route.page === "device" ? route.id : route.page;
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [where]);
  if (route.page === "fleet") return <FleetPage />;
  if (route.page === "device") {
    return <DevicePage key={route.id} id={route.id} channel={route.channel} profile={route.profile} />;
  }
  return (
    <main className="page" id="content">
      <p>{t("app.not_found")}</p>
      <a href="#/">{t("app.to_fleet")}</a>
    </main>
  );
}

// The fragment is the route, so the skip link moves the focus by hand.
function skip(event: React.MouseEvent): void {
  event.preventDefault();
  const content = document.getElementById("content");
  content?.setAttribute("tabindex", "-1");
  content?.focus();
}
