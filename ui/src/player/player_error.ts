// Why a picture stopped: a code of the gateway (media.stalled, ...) or one of ours (player.*).
export class PlayerError extends Error {
  constructor(
    readonly code: string,
    readonly detail = "",
  ) {
    super(detail || code);
    this.name = "PlayerError";
  }
}
