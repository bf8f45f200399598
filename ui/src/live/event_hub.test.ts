import { expect, it } from "vitest";
import { EventHub, silenceMs, type HubEvent } from "./event_hub";

// A gateway whose streams the test writes, and a clock that it moves.
function make() {
  const calls: { cursor: string | null; signal: AbortSignal; send: (text: string) => void; end: () => void }[] = [];
  const timers: { ms: number; run: () => void }[] = [];
  let refuse = false;
  const hub = new EventHub({
    connect(cursor, signal) {
      if (refuse) return Promise.reject(new Error("no"));
      let control!: ReadableStreamDefaultController<Uint8Array>;
      const body = new ReadableStream<Uint8Array>({
        start(given) {
          control = given;
        },
      });
      signal.addEventListener("abort", () => {
        try {
          control.error(new Error("aborted"));
        } catch {
          // it had ended
        }
      });
      calls.push({ cursor, signal, send: (text) => control.enqueue(new TextEncoder().encode(text)), end: () => control.close() });
      return Promise.resolve(new Response(body));
    },
    after(ms, run) {
      const timer = { ms, run };
      timers.push(timer);
      return () => {
        const at = timers.indexOf(timer);
        if (at >= 0) timers.splice(at, 1);
      };
    },
    random: () => 0.5,
  });
  const events: HubEvent[] = [];
  hub.listen((event) => events.push(event));
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
  const fire = (match: (ms: number) => boolean) => {
    const timer = timers.find((each) => match(each.ms));
    if (timer === undefined) throw new Error("no such timer");
    timers.splice(timers.indexOf(timer), 1);
    timer.run();
  };
  return { hub, calls, events, settle, fire, refuse: (value: boolean) => (refuse = value) };
}
const move = (id: string) => `event: move\nid: ${id}\ndata: {"id":"${id}","type":"move","device":"a","to":"online"}\n\n`;

it("tells events, and comes back after the last one", async () => {
  const { hub, calls, events, settle, fire } = make();
  hub.start();
  await settle();
  expect(hub.state).toBe("open");
  expect(calls[0]!.cursor).toBeNull();
  calls[0]!.send(move("r-1") + ": comment\n\n" + move("r-2"));
  await settle();
  expect(events.map((event) => event.id)).toEqual(["r-1", "r-2"]);
  calls[0]!.end();
  await settle();
  expect(hub.state).toBe("down");
  fire((ms) => ms < silenceMs);
  await settle();
  expect(calls[1]!.cursor).toBe("r-2");
  expect(events.some((event) => event.kind === "reset")).toBe(false);
  hub.stop();
});

it("says reset where it has no place to come back to", async () => {
  const { hub, calls, events, settle, fire } = make();
  hub.start();
  await settle();
  calls[0]!.end();
  await settle();
  fire((ms) => ms < silenceMs);
  await settle();
  expect(events.map((event) => event.kind)).toEqual(["reset"]);
  hub.stop();
});

it("takes the cursor of a list where no event came yet", async () => {
  const { hub, calls, events, settle, fire } = make();
  hub.start();
  await settle();
  hub.seed("r-7");
  calls[0]!.end();
  await settle();
  fire((ms) => ms < silenceMs);
  await settle();
  expect(calls[1]!.cursor).toBe("r-7");
  expect(events).toEqual([]);
  hub.stop();
});

it("notices a connection that is silent too long, and a gateway that refuses", async () => {
  const { hub, calls, settle, fire, refuse } = make();
  hub.start();
  await settle();
  refuse(true);
  fire((ms) => ms === silenceMs);
  await settle();
  expect(calls[0]!.signal.aborted).toBe(true);
  expect(hub.state).toBe("down");
  fire((ms) => ms < silenceMs);
  await settle();
  expect(hub.state).toBe("down");
  refuse(false);
  fire((ms) => ms < silenceMs);
  await settle();
  expect(hub.state).toBe("open");
  hub.stop();
  await settle();
  expect(calls[1]!.signal.aborted).toBe(true);
});

it("asks anew from where it was, and the old connection says nothing more", async () => {
  const { hub, calls, events, settle } = make();
  hub.start();
  await settle();
  calls[0]!.send(move("r-1"));
  await settle();
  hub.restart();
  await settle();
  expect(calls[0]!.signal.aborted).toBe(true);
  expect(calls[1]!.cursor).toBe("r-1");
  calls[1]!.send(move("r-2"));
  await settle();
  expect(events.map((event) => event.id)).toEqual(["r-1", "r-2"]);
  expect(hub.state).toBe("open");
  hub.stop();
});

it("takes nothing that is no event", async () => {
  const { hub, calls, events, settle } = make();
  hub.start();
  await settle();
  calls[0]!.send("data: nonsense\n\ndata: null\n\ndata: {\"no\":\"type\"}\n\n" + move("r-1"));
  await settle();
  expect(events.length).toBe(1);
  hub.stop();
});
