// Real video for the mock: ffmpeg's test picture as fragmented MP4, cut into its boxes.

import { spawn } from "node:child_process";

const sizes = { main: "1280x720", sub: "352x288", third: "704x576" };

// Calls init(mime, bytes) once, fragment(bytes) for each frame, and end(reason). Returns what stops it.
export function liveVideo(profile, on, sound = false) {
  const args = ["-hide_banner", "-loglevel", "error", "-re", "-f", "lavfi", "-i", `testsrc2=size=${sizes[profile]}:rate=25`];
  if (sound) args.push("-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=16000", "-c:a", "aac", "-b:a", "32k");
  args.push("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p");
  args.push("-profile:v", "baseline", "-g", "50", "-bf", "0", "-threads", "1");
  args.push("-f", "mp4", "-movflags", "frag_every_frame+empty_moov+default_base_moof", "pipe:1");
  const ffmpeg = spawn("ffmpeg", args, { stdio: ["ignore", "pipe", "inherit"] });
  let rest = Buffer.alloc(0);
  let head = [];
  let moof = null;
  ffmpeg.stdout.on("data", (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 8 && rest.length >= rest.readUInt32BE(0)) {
      const box = rest.subarray(0, rest.readUInt32BE(0));
      rest = rest.subarray(box.length);
      const type = box.toString("latin1", 4, 8);
      if (type === "ftyp") head = [box];
      else if (type === "moov") on.init(mimeOf(box), Buffer.concat([...head, box]));
      else if (type === "moof") moof = box;
      else if (type === "mdat" && moof !== null) on.fragment(Buffer.concat([moof, box]));
    }
  });
  ffmpeg.on("error", (error) => on.end(error.message));
  ffmpeg.on("exit", () => on.end("ffmpeg ended"));
  return () => ffmpeg.kill("SIGKILL");
}

// profile, constraints and level stand behind the version byte of avcC.
function mimeOf(moov) {
  const at = moov.indexOf("avcC", 0, "latin1") + 5;
  const sound = moov.includes("mp4a", 0, "latin1") ? ", mp4a.40.2" : "";
  return `video/mp4; codecs="avc1.${moov.toString("hex", at, at + 3)}${sound}"`;
}

export function snapshot(profile) {
  return new Promise((resolve, reject) => {
    const args = ["-hide_banner", "-loglevel", "error", "-f", "lavfi", "-i", `testsrc2=size=${sizes[profile]}`];
    const ffmpeg = spawn("ffmpeg", [...args, "-frames:v", "1", "-f", "mjpeg", "pipe:1"], { stdio: ["ignore", "pipe", "inherit"] });
    const parts = [];
    ffmpeg.stdout.on("data", (bytes) => parts.push(bytes));
    ffmpeg.on("error", reject);
    ffmpeg.on("close", () => resolve(Buffer.concat(parts)));
  });
}
