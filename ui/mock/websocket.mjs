// The server's half of RFC 6455, as far as a mock needs it: it sends, and notices that the other side is gone.

import { createHash } from "node:crypto";

export function accept(request, socket) {
  const key = request.headers["sec-websocket-key"] ?? "";
  const proof = createHash("sha1").update(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");
  socket.setNoDelay(true);
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${proof}\r\n\r\n`,
  );
  socket.on("error", () => socket.destroy());
  // Of what comes only a close matters.
  socket.on("data", (bytes) => (bytes[0] & 0x0f) === 8 && socket.end());
  return {
    text: (value) => socket.writable && socket.write(frame(1, Buffer.from(JSON.stringify(value)))),
    binary: (bytes) => socket.writable && socket.write(frame(2, bytes)),
    close(code) {
      const payload = Buffer.alloc(2);
      payload.writeUInt16BE(code);
      if (socket.writable) socket.end(frame(8, payload));
    },
    onGone: (gone) => socket.on("close", gone),
  };
}

function frame(opcode, payload) {
  const long = payload.length > 65535;
  const head = Buffer.alloc(payload.length < 126 ? 2 : long ? 10 : 4);
  head[0] = 0x80 | opcode;
  if (payload.length < 126) head[1] = payload.length;
  else if (long) {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  } else {
    head[1] = 126;
    head.writeUInt16BE(payload.length, 2);
  }
  return Buffer.concat([head, payload]);
}
