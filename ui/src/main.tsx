import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { I18nProvider } from "./i18n/context";
import { takeLoginLink } from "./session";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/fleet.css";
import "./styles/device.css";
import "./styles/pages.css";
import "./styles/events.css";
import { followSystem } from "./theme";

takeLoginLink(location, history, sessionStorage); // before anything else sees the address
followSystem();

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <I18nProvider>
        <App />
      </I18nProvider>
    </StrictMode>,
  );
}
