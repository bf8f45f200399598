// Which form of a channel this browser can show: the profile that was asked for, another one that it decodes, else pictures.

import type { Profile, ProfileInfo } from "../types";

export type Form = { kind: "video"; profile: Profile } | { kind: "pictures"; profile: Profile };

// Smaller ones first: who cannot see the main stream wants a picture, not another large one.
const order: readonly Profile[] = ["sub", "third", "main"];

// `refused`: what the browser said that it cannot decode, by profile. Profiles whose codec is not told are tried.
export function chooseForm(wanted: Profile, profiles: readonly ProfileInfo[], refused: ReadonlyMap<Profile, string>): Form {
  if (!refused.has(wanted)) return { kind: "video", profile: wanted };
  const other = order.find((each) => {
    const info = profiles.find(({ profile }) => profile === each);
    return info !== undefined && each !== wanted && !refused.has(each) && /^(h\.?264|avc.*|)$/i.test(info.codec ?? "");
  });
  return other === undefined ? { kind: "pictures", profile: wanted } : { kind: "video", profile: other };
}
