import { useEffect } from "react";
import { ApiError } from "../api";
import { ChannelList } from "../components/channel_list";
import { DeviceActions } from "../components/device_actions";
import { FactsPanel, HistoryPanel, StatusPanel } from "../components/device_panels";
import { BackIcon } from "../components/icons";
import { LiveLinks } from "../components/live_links";
import { LiveView } from "../components/live_view";
import { Problem } from "../components/problem";
import { StateBadge } from "../components/state_badge";
import { useApi } from "../gateway";
import { usePolled } from "../hooks";
import { useI18n } from "../i18n/context";
import type { Channel, Profile } from "../types";

const deviceMs = 2_000;

export function DevicePage({ id, channel, profile }: { id: string; channel: number; profile: Profile }) {
  const { language, t } = useI18n();
  const api = useApi();
  const polled = usePolled(`device ${id} ${language}`, (signal) => api.device(id, signal), deviceMs);
  const device = polled.data;
  const gone = polled.error instanceof ApiError && polled.error.status === 404;
  const name = device?.name || id;
  useEffect(() => {
    document.title = `${name} – camfleet`;
  }, [name]);

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
  return (
    <main className="page" id="content">
      <Back />
      <div className="device-head">
        <div className="device-title">
          <h1>{name}</h1>
          <p className="muted">
            <span className="mono">{device.id}</span>
            {channelName === "" ? null : <span>{channelName}</span>}
          </p>
        </div>
        <StateBadge state={device.state} />
        <DeviceActions device={device} onChanged={polled.refresh} />
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
            available={device.state === "online" || device.state === "degraded"}
          />
          {device.channels.length > 1 ? (
            <ChannelList device={id} channels={device.channels} chosen={channel} profile={profile} />
          ) : null}
          <LiveLinks stream={`${id}/${channel}/${profile}`} />
        </div>
        <div className="column">
          <StatusPanel device={device} now={() => api.now()} />
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
    <a className="back" href="#/">
      <BackIcon />
      {t("app.home")}
    </a>
  );
}

// Before the first login nobody knows the channel's profiles: every camera has these two.
function profilesOf(channel: Channel | undefined): Profile[] {
  const known = channel?.profiles?.map((each) => each.profile) ?? [];
  return known.length > 0 ? known : ["main", "sub"];
}
