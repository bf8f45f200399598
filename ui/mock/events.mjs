// The mock's event stream: a bounded ring with cursors, as GET /api/v1/stream has it.

const kept = 65_536;

export function makeEvents() {
  const run = Math.floor(Math.random() * 2 ** 32).toString(16);
  let next = 1;
  const ring = [];
  const listeners = new Set();
  const cursor = () => `${run}-${(next - 1).toString(16)}`;

  function tell(event, data) {
    const id = `${run}-${(next++).toString(16)}`;
    const entry = { event, number: next - 1, text: `event: ${event}\nid: ${id}\ndata: ${JSON.stringify({ id, type: event, ...data })}\n\n` };
    ring.push(entry);
    if (ring.length > kept) ring.shift();
    for (const each of listeners) each.write(entry.text);
  }

  function serve(request, response, url) {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write(": here\n\n");
    const from = url.searchParams.get("cursor") ?? request.headers["last-event-id"];
    if (from) {
      const [theirs, number] = from.split("-");
      if (theirs !== run) response.write(`event: reset\nid: ${cursor()}\ndata: {"type":"reset","cause":"restart"}\n\n`);
      else for (const each of ring) if (each.number > Number.parseInt(number, 16)) response.write(each.text);
    }
    listeners.add(response);
    const beat = setInterval(() => response.write(": still here\n\n"), 15_000);
    response.on("close", () => {
      clearInterval(beat);
      listeners.delete(response);
    });
  }
  const close = () => {
    for (const each of listeners) each.end();
    listeners.clear();
  };
  return { tell, serve, cursor, close, dropAll: close };
}
