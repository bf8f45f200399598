// Line icons of 16 by 16; always beside a text or inside a labelled button.

import type { ReactNode } from "react";
import type { EventState, State } from "../types";

function Icon({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <svg
      className={className === undefined ? "icon" : `icon ${className}`}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

// Each state has a shape of its own, for readers who do not tell the colours apart.
export function StateIcon({ state }: { state: State }) {
  return <Icon className={`state-icon state-${state}`}>{shapes[state]}</Icon>;
}

const shapes: Record<State, ReactNode> = {
  online: <circle cx="8" cy="8" r="4.5" fill="currentColor" stroke="none" />,
  degraded: (
    <>
      <path d="M8 2.6 14 13H2Z" />
      <path d="M8 6.7v2.6M8 11.2v.1" />
    </>
  ),
  connecting: <path className="spin" d="M8 2.5a5.5 5.5 0 1 1-5.5 5.5" />,
  waiting: (
    <>
      <path d="M3.2 8h.1M8 8h.1M12.7 8h.1" strokeWidth="2.6" />
    </>
  ),
  backoff: (
    <>
      <circle cx="8" cy="8" r="5.7" />
      <path d="M8 4.8V8l2.2 1.6" />
    </>
  ),
  rejected: (
    <>
      <path d="M5.4 2.3h5.2l3.1 3.1v5.2l-3.1 3.1H5.4l-3.1-3.1V5.4Z" />
      <path d="m6 6 4 4m0-4-4 4" />
    </>
  ),
  locked: (
    <>
      <rect x="3" y="7" width="10" height="6.8" rx="1.4" />
      <path d="M5.2 7V5a2.8 2.8 0 0 1 5.6 0v2" />
    </>
  ),
  disabled: (
    <>
      <circle cx="8" cy="8" r="5.2" />
      <path d="M4.4 11.6 11.6 4.4" />
    </>
  ),
};

export const Mark = () => (
  <svg className="mark" viewBox="0 0 32 32" width="26" height="26" fill="none" aria-hidden="true">
    <rect width="32" height="32" rx="8" fill="currentColor" />
    <circle cx="16" cy="16" r="8.5" className="mark-ring" strokeWidth="2.5" />
    <circle cx="16" cy="16" r="3.5" className="mark-dot" />
  </svg>
);
export const SearchIcon = () => <Icon><circle cx="7" cy="7" r="4.3" /><path d="m10.3 10.3 3.4 3.4" /></Icon>;
export const PlusIcon = () => <Icon><path d="M8 3v10M3 8h10" /></Icon>;
export const BackIcon = () => <Icon><path d="M9.8 3.2 5 8l4.8 4.8" /></Icon>;
export const SunIcon = () => (
  <Icon><circle cx="8" cy="8" r="2.8" /><path d="M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9" /></Icon>
);
export const MoonIcon = () => <Icon><path d="M13.4 9.6A5.7 5.7 0 0 1 6.4 2.6a5.7 5.7 0 1 0 7 7Z" /></Icon>;
export const AutoIcon = () => <Icon><circle cx="8" cy="8" r="5.6" /><path d="M8 2.4a5.6 5.6 0 0 1 0 11.2Z" fill="currentColor" /></Icon>;
export const ExitIcon = () => <Icon><path d="M6.5 2.5H3.8A1.3 1.3 0 0 0 2.5 3.8v8.4a1.3 1.3 0 0 0 1.3 1.3h2.7M10.3 11l3-3-3-3M13 8H6.3" /></Icon>;
export const PlayIcon = () => <Icon><path d="M5 3.2v9.6L12.8 8Z" fill="currentColor" /></Icon>;
export const StopIcon = () => <Icon><rect x="4" y="4" width="8" height="8" rx="1" fill="currentColor" /></Icon>;
export const SoundIcon = () => <Icon><path d="M2.5 6.2v3.6h2.3L8 12.6V3.4L4.8 6.2ZM10.5 5.8a3.2 3.2 0 0 1 0 4.4M12.3 4a5.8 5.8 0 0 1 0 8" /></Icon>;
export const MuteIcon = () => <Icon><path d="M2.5 6.2v3.6h2.3L8 12.6V3.4L4.8 6.2ZM10.8 6.4l3 3.2M13.8 6.4l-3 3.2" /></Icon>;
export const FullIcon = () => <Icon><path d="M2.8 6V2.8H6M10 2.8h3.2V6M13.2 10v3.2H10M6 13.2H2.8V10" /></Icon>;
export const CameraIcon = () => <Icon><path d="M2 5.6a1.2 1.2 0 0 1 1.2-1.2h1.9l.9-1.5h4l.9 1.5h1.9A1.2 1.2 0 0 1 14 5.6v6a1.2 1.2 0 0 1-1.2 1.2H3.2A1.2 1.2 0 0 1 2 11.6Z" /><circle cx="8" cy="8.5" r="2.3" /></Icon>;
export const CopyIcon = () => <Icon><rect x="5.5" y="5.5" width="8" height="8" rx="1.3" /><path d="M10.5 3.2a1 1 0 0 0-.9-.7H3.8a1.3 1.3 0 0 0-1.3 1.3v5.8c0 .4.3.8.7.9" /></Icon>;
export const CheckIcon = () => <Icon><path d="m3 8.5 3.3 3.3L13 4.8" /></Icon>;
export const ReloadIcon = () => <Icon><path d="M13.2 8a5.2 5.2 0 1 1-1.6-3.7M13.4 2.4v2.8h-2.8" /></Icon>;
export const TrashIcon = () => <Icon><path d="M2.8 4.4h10.4M6 4.2V2.8h4v1.4M4.2 4.6l.6 8.6h6.4l.6-8.6M6.7 7v3.8M9.3 7v3.8" /></Icon>;
export const CloseIcon = () => <Icon><path d="m4 4 8 8m0-8-8 8" /></Icon>;
export const SortIcon = ({ descending }: { descending: boolean }) => (
  <Icon className="sort-icon"><path d={descending ? "m4.5 6.5 3.5 3.5 3.5-3.5" : "M4.5 9.5 8 6l3.5 3.5"} /></Icon>
);
export const MinusIcon = () => <Icon><path d="M3 8h10" /></Icon>;
export const EditIcon = () => <Icon><path d="m3 13 .7-2.9 7-7a1.3 1.3 0 0 1 1.8 0l.4.4a1.3 1.3 0 0 1 0 1.8l-7 7Z" /></Icon>;
export const KeyIcon = () => <Icon><circle cx="5.3" cy="10.7" r="2.8" /><path d="m7.4 8.6 5.4-5.4M10.6 5.4l2 2" /></Icon>;
export const PowerIcon = () => <Icon><path d="M8 2.4v5.2M4.6 4.4a5 5 0 1 0 6.8 0" /></Icon>;
export const BellIcon = () => <Icon><path d="M4 7a4 4 0 0 1 8 0c0 3.2 1.4 4 1.4 4H2.6S4 10.2 4 7ZM6.7 13.2a1.5 1.5 0 0 0 2.6 0" /></Icon>;
const eventShapes: Record<EventState, ReactNode> = {
  start: <path d="M4 7a4 4 0 0 1 8 0c0 3.2 1.4 4 1.4 4H2.6S4 10.2 4 7ZM6.7 13.2a1.5 1.5 0 0 0 2.6 0" />,
  update: <path d="M3 8h.1M8 8h.1M13 8h.1" strokeWidth="2.6" />,
  end: <path d="m3 8.5 3.3 3.3L13 4.8" />,
  pulse: <path d="M8.8 2 4 9h4l-.8 5L12 7H8Z" />,
};
export const EventIcon = ({ state }: { state: EventState }) => <Icon>{Object.hasOwn(eventShapes, state) ? eventShapes[state] : eventShapes.pulse}</Icon>;
export const EyeOffIcon = () => <Icon><path d="M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4ZM3 13 13 3" /></Icon>;
export const EarIcon = () => <Icon><path d="M8 8h.1M5.3 10.7a3.8 3.8 0 0 1 0-5.4M10.7 5.3a3.8 3.8 0 0 1 0 5.4M3.2 12.8a6.8 6.8 0 0 1 0-9.6M12.8 3.2a6.8 6.8 0 0 1 0 9.6" /></Icon>;
export const SinkIcon = () => <Icon><path d="M2.5 8h7.2M7 5l3 3-3 3M12.5 3v10" /></Icon>;
export const PauseIcon = () => <Icon><path d="M5.5 3.5v9M10.5 3.5v9" strokeWidth="2.2" /></Icon>;
export const GridIcon = () => <Icon><rect x="2.5" y="2.5" width="4.6" height="4.6" rx="1" /><rect x="8.9" y="2.5" width="4.6" height="4.6" rx="1" /><rect x="2.5" y="8.9" width="4.6" height="4.6" rx="1" /><rect x="8.9" y="8.9" width="4.6" height="4.6" rx="1" /></Icon>;
export const WallIcon = () => <Icon><rect x="1.8" y="3" width="12.4" height="9" rx="1.3" /><path d="M8 3v9M1.8 7.5h12.4" /></Icon>;
export const RadarIcon = () => <Icon><path d="M8 8 11.7 4.3M12.8 5.6A5.6 5.6 0 1 1 10.4 2.9M8 5.3A2.7 2.7 0 1 0 10.7 8" /></Icon>;
export const UploadIcon = () => <Icon><path d="M8 10V2.8M5 5.6l3-3 3 3M2.8 10.5v1.7a1.2 1.2 0 0 0 1.2 1.2h8a1.2 1.2 0 0 0 1.2-1.2v-1.7" /></Icon>;
export const DownloadIcon = () => <Icon><path d="M8 2.8V10M5 7.2l3 3 3-3M2.8 10.5v1.7a1.2 1.2 0 0 0 1.2 1.2h8a1.2 1.2 0 0 0 1.2-1.2v-1.7" /></Icon>;
export const HelpIcon = () => <Icon><circle cx="8" cy="8" r="5.8" /><path d="M6.3 6.3a1.7 1.7 0 1 1 2.5 1.6c-.6.3-.8.6-.8 1.2M8 11.3v.1" /></Icon>;
export const MapIcon = () => <Icon><path d="M3 3h2.2v2.2H3ZM6.9 3h2.2v2.2H6.9ZM10.8 3H13v2.2h-2.2ZM3 6.9h2.2v2.2H3ZM6.9 6.9h2.2v2.2H6.9ZM10.8 6.9H13v2.2h-2.2ZM3 10.8h2.2V13H3ZM6.9 10.8h2.2V13H6.9ZM10.8 10.8H13V13h-2.2Z" fill="currentColor" stroke="none" /></Icon>;
export const ListIcon = () => <Icon><path d="M2.8 4h10.4M2.8 8h10.4M2.8 12h10.4" /></Icon>;
export const SplitIcon = () => <Icon><path d="M3 3h2v2H3ZM6.5 3h2v2h-2ZM10 3h2v2h-2Z" fill="currentColor" stroke="none" /><path d="M2.8 8.8h10.4M2.8 12.4h10.4" /></Icon>;
export const ArrowIcon = ({ turn }: { turn: 0 | 90 | 180 | 270 }) => (
  <Icon><path d="M3.5 10 8 5.5l4.5 4.5" transform={`rotate(${turn} 8 8)`} /></Icon>
);
