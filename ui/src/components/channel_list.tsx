import { useI18n } from "../i18n/context";
import { deviceHref } from "../router";
import type { Channel, Profile } from "../types";

export function ChannelList(props: { device: string; channels: Channel[]; chosen: number; profile: Profile }) {
  const { t } = useI18n();
  return (
    <nav className="card panel" aria-labelledby="channels-title">
      <h2 id="channels-title">{t("device.channels")}</h2>
      <ul className="channels">
        {props.channels.map((channel) => (
          <li key={channel.number}>
            <a
              href={deviceHref(props.device, channel.number, props.profile)}
              aria-current={channel.number === props.chosen ? "true" : undefined}
            >
              <span className="channel-number">{channel.number}</span>
              <span className="channel-name"><bdi>{channel.name || t("device.channel", { n: channel.number })}</bdi></span>
              {channel.online === false ? <small>{t("device.channel.offline")}</small> : null}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
