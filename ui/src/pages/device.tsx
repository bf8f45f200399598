import { useState } from "react";
import { ApiError } from "../api";
import { ChannelList } from "../components/channel_list";
import { DeviceActions, type DeviceAction } from "../components/device_actions";
import { FactsPanel, HistoryPanel } from "../components/device_panels";
import { ExplainPanel, useDeviceEvents } from "../components/explain_panel";
import { EventPanel } from "../components/event_panel";
import { BackIcon } from "../components/icons";
import { LiveLinks } from "../components/live_links";
import { LiveView } from "../components/live_view";
import { Problem } from "../components/problem";
import { PtzPad } from "../components/ptz_pad";
import { StateBadge } from "../components/state_badge";
import { StreamHealth } from "../components/stream_health";
import { useApi, useHubState, useMay } from "../gateway";
import { usePolled, useTitle } from "../hooks";
import { useI18n } from "../i18n/context";
import { fleetPlace } from "./place";
import type { Channel, Profile, ProfileInfo } from "../types";

// The stream tells each move; what it does not tell (last heard, counts) may be some seconds old.
const followedMs = 6_000;
const polledMs = 2_000;

export function DevicePage({ id, channel, profile }: { id: string; channel: number; profile: Profile }) {
  const { language, t } = useI18n();
  const api = useApi();
  const mayChange = useMay("operator");
  const [asking, setAsking] = useState<DeviceAction | null>(null);
  const hub = useHubState();
  const polled = usePolled(`device ${id} ${language}`, (signal) => api.device(id, signal), hub === "open" ? followedMs : polledMs);
  const [removed, setRemoved] = useState(false);
  const refresh = () => {
    setRemoved(false); // it may have come back under the same id
    polled.refresh();
  };
  useDeviceEvents(id, refresh, () => setRemoved(true));
  const device = polled.data;
  const gone = removed || (polled.error instanceof ApiError && polled.error.status === 404);
  const name = device?.name || id;
  useTitle(name);

  if (device === null || gone) {
    return (
      <main className="page" id="content">
        <Back />
        <div className="empty">
          {gone ? (
            <p>{t("device.gone")}</p>
          ) : polled.error === null ? (
            <p role="status">{t("device.loading")}</p>
          ) : (
            <Problem error={polled.error} />
          )}
        </div>
      </main>
    );
  }

  const current = device.channels.find((each) => each.number === channel);
  const channelName = device.channels.length > 1 ? (current?.name || t("device.channel", { n: channel })) : "";
  const available = device.state === "online" || device.state === "degraded";
  return (
    <main className="page" id="content">
      <Back />
      <div className="device-head">
        <div className="device-title">
          <h1 className="clamp3"><bdi>{name}</bdi></h1>
          <p className="muted">
            <span className="mono">{device.id}</span>
            {channelName === "" ? null : <span className="clamp"><bdi>{channelName}</bdi></span>}
          </p>
        </div>
        <StateBadge state={device.state} />
        {mayChange ? <DeviceActions device={device} asking={asking} onAsk={setAsking} onChanged={refresh} /> : null}
      </div>
      {polled.error === null ? null : <Problem error={polled.error} />}
      <div className="device-grid">
        <div className="column">
          <LiveView
            key={`${channel}/${profile}`}
            device={id}
            name={channelName === "" ? name : `${name} – ${channelName}`}
            channel={channel}
            profile={profile}
            profiles={profilesOf(current)}
            available={available}
          />
          {device.channels.length > 1 ? (
            <ChannelList device={id} channels={device.channels} chosen={channel} profile={profile} />
          ) : null}
          <EventPanel device={id} name={name} />
          <LiveLinks stream={`${id}/${channel}/${profile}`} />
        </div>
        <div className="column">
          {current?.ptz === true && mayChange ? <PtzPad key={channel} device={id} channel={channel} available={available} /> : null}
          <ExplainPanel device={device} onAsk={setAsking} />
          <StreamHealth device={id} />
          <FactsPanel device={device} />
          <HistoryPanel device={device} />
        </div>
      </div>
    </main>
  );
}

function Back() {
  const { t } = useI18n();
  return (
    <a className="back" href={fleetPlace()}>
      <BackIcon />
      {t("app.home")}
    </a>
  );
}

// Before the first login nobody knows the channel's profiles: every camera has these two.
function profilesOf(channel: Channel | undefined): readonly ProfileInfo[] {
  const known = channel?.profiles ?? [];
  return known.length > 0 ? known : usual;
}
const usual: readonly ProfileInfo[] = [{ profile: "main" }, { profile: "sub" }];
