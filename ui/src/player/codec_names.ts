// The codecs of a MIME type as people call them: `video/mp4; codecs="avc1.4d401f,mp4a.40.2"` is H.264 and AAC.

const names: readonly [RegExp, string][] = [
  [/^(hvc1|hev1|h\.?265)/i, "H.265"],
  [/^(avc[13]|h\.?264)/i, "H.264"],
  [/^mp4a\.40/i, "AAC"],
  [/^opus/i, "Opus"],
];

export function codecNames(mime: string): string[] {
  const codecs = (/codecs="?([^"]*)/.exec(mime)?.[1] ?? mime).split(",").map((codec) => codec.trim());
  return codecs.filter((codec) => codec !== "").map((codec) => names.find(([form]) => form.test(codec))?.[1] ?? codec.slice(0, 40));
}
