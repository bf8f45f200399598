import { Component, type ReactNode } from "react";
import { useI18n } from "../i18n/context";

// A mistake of ours in one page must not leave the operator with an empty screen.
export class Boundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    return this.state.broken ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const { t } = useI18n();
  return (
    <main className="page" id="content">
      <p className="notice" role="alert">{t("app.broken")}</p>
    </main>
  );
}
