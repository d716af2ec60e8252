import { describe, expect, it } from "vitest";
import { FaultlineError } from "../../src/system/ports/errors.ts";
import { nodeId } from "../../src/system/ports/node.ts";
import type { Message, Plain } from "../../src/system/ports/transport.ts";
import { idle, sleep, until, type Body, type MakeWorld } from "./world.ts";

const N1 = nodeId("n1");
const N2 = nodeId("n2");

/** Answers every message with what it got and from whom. */
const echo: Body = async ({ transport, incarnation }) => {
  transport.subscribe((from, message) => transport.send(from, { type: "test.echo", from, incarnation, got: message }));
};

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What every {@link Transport} promises on a network without faults. */
export function describeTransport(name: string, make: MakeWorld): void {
  /** What comes back when `n1` sends these to the echo at `n2`. */
  const echoes = async (messages: readonly Message[]): Promise<Message[]> => {
    const world = await make();
    return world.run(
      async ({ transport, timers }) => {
        const got: Message[] = [];
        transport.subscribe((_from, message) => got.push(message));
        for (const message of messages) transport.send(N2, message);
        await until(timers, () => got.length === messages.length);
        return got;
      },
      { n2: echo },
    );
  };

  describe(`Transport contract: ${name}`, () => {
    it("delivers from one node to another and back, and says from whom", async () => {
      expect(await echoes([{ type: "test.hello", n: 1 }])).toEqual([
        { type: "test.echo", from: "n1", incarnation: 1, got: { type: "test.hello", n: 1 } },
      ]);
    });

    it("delivers each of many messages once", async () => {
      const sent = Array.from({ length: 200 }, (_, n) => ({ type: "test.count", n }));
      const got = (await echoes(sent)).map((message) => (message["got"] as { n: number }).n);
      expect(got.sort((a, b) => a - b)).toEqual(sent.map(({ n }) => n));
    });

    it("delivers to the node itself, after the current event", async () => {
      const world = await make();
      const seen = await world.run(async ({ transport, timers }) => {
        const order: string[] = [];
        transport.subscribe((from, message) => order.push(`${message.type} from ${from}`));
        transport.send(N1, { type: "test.self" });
        order.push("sent");
        await until(timers, () => order.length === 2);
        return order;
      });
      expect(seen).toEqual(["sent", "test.self from n1"]);
    });

    it("alters nothing: any text, number, nesting and name", async () => {
      let nested: Plain = "core";
      for (let depth = 0; depth < 50; depth++) nested = depth % 2 === 0 ? [nested] : { in: nested };
      const content: readonly Plain[] = [
        "",
        "ASCII, ümlaut, 漢字, 🙂, \u0000 \u2028 \u2029 \ufeff \\ \" '",
        "half a pair: \ud83d",
        [0, -1, 0.1, 5e-324, 1.7976931348623157e308, 9_007_199_254_740_991, -9_007_199_254_740_991, 4_294_967_296],
        [true, false, null, [], {}],
        { "": 1, "a.b": 2, 漢: 3, constructor: 4, toString: 5, length: 6, 10: 7, 9: 8 },
        nested,
      ];
      const sent = content.map((value, n) => ({ type: "test.content", n, value }));
      const got = (await echoes(sent)).map((message) => message["got"] as unknown as { n: number });
      expect(got.sort((a, b) => a.n - b.n)).toEqual(sent);
    });

    it("refuses what would not arrive as it was sent", async () => {
      let deep: Plain = 1;
      for (let depth = 0; depth < 100; depth++) deep = [deep];
      const bad = [{ a: [undefined] }, { a: NaN }, new Date(0), () => 1, deep];
      const world = await make();
      const codes = await world.run(async ({ transport }) =>
        bad.map((value) => {
          try {
            transport.send(N1, { type: "test.bad", value: value as unknown as Plain });
            return "sent";
          } catch (error) {
            return error instanceof FaultlineError ? error.code : String(error);
          }
        }),
      );
      expect(codes).toEqual(bad.map(() => "MESSAGE_NOT_PLAIN"));
    });

    it("carries a message of 200 KB among small ones", async () => {
      let text = "";
      for (let i = 0; text.length < 200_000; i++) text += `${String(i)} ${"é漢🙂"[i % 3] ?? ""} `;
      const sent = [{ type: "test.small" }, { type: "test.large", text }, { type: "test.small-too" }];
      const got = (await echoes(sent)).map((message) => message["got"] as unknown as Message);
      expect(got.sort((a, b) => byText(a.type, b.type))).toEqual([sent[1], sent[0], sent[2]]);
    });

    it("drops what is sent to a node that does not exist, without a word", async () => {
      const world = await make();
      const got = await world.run(
        async ({ transport, timers }) => {
          const seen: string[] = [];
          transport.subscribe((_from, message) => seen.push(message.type));
          transport.send(nodeId("nobody"), { type: "test.lost" });
          transport.send(N2, { type: "test.hello" });
          await until(timers, () => seen.length > 0);
          return seen;
        },
        { n2: echo },
      );
      expect(got).toEqual(["test.echo"]);
    });

    it("calls handlers in the order in which they subscribed, until they end it", async () => {
      const world = await make();
      const seen = await world.run(async ({ transport, timers }) => {
        const order: string[] = [];
        const endA = transport.subscribe((_from, { type }) => order.push(`a ${type}`));
        transport.subscribe((_from, { type }) => order.push(`b ${type}`));
        transport.send(N1, { type: "test.1" });
        await until(timers, () => order.length === 2);
        endA();
        endA();
        transport.send(N1, { type: "test.2" });
        await until(timers, () => order.length === 3);
        return order;
      });
      expect(seen).toEqual(["a test.1", "b test.1", "b test.2"]);
    });

    it("still shows the message being handed out to a handler that an earlier one just ended, and none after it", async () => {
      const world = await make();
      const seen = await world.run(async ({ transport, timers }) => {
        const order: string[] = [];
        let endLater = (): void => undefined;
        transport.subscribe(() => {
          order.push("first");
          endLater();
        });
        endLater = transport.subscribe(() => order.push("later"));
        transport.send(N1, { type: "test.1" });
        await until(timers, () => order.length === 2);
        transport.send(N1, { type: "test.2" });
        await until(timers, () => order.length === 3);
        await sleep(timers, 5);
        return order;
      });
      expect(seen).toEqual(["first", "later", "first"]);
    });

    it("handles each message to the end of what it settled before the next", async () => {
      const world = await make();
      const seen = await world.run(
        async ({ transport, timers }) => {
          const order: string[] = [];
          transport.subscribe((_from, { type }) => {
            order.push("begin");
            void Promise.resolve()
              .then(() => undefined)
              .then(() => order.push(type === "test.echo" ? "end" : type));
          });
          for (let i = 0; i < 20; i++) transport.send(N2, { type: "test.x" });
          await until(timers, () => order.length === 40);
          return order;
        },
        { n2: echo },
      );
      expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? "begin" : "end")));
    });

    it("reaches a peer again after the peer restarted", async () => {
      const world = await make();
      const incarnations = await world.run(
        async ({ transport, timers }, control) => {
          const seen = new Set<number>();
          transport.subscribe((_from, message) => seen.add(message["incarnation"] as number));
          const knock = (): void => transport.send(N2, { type: "test.knock" });
          knock();
          await until(timers, () => seen.has(1));
          control.restart("n2");
          for (let tries = 0; !seen.has(2) && tries < 500; tries++) {
            knock();
            await sleep(timers, 20);
          }
          return [...seen];
        },
        { n2: echo },
      );
      expect(incarnations).toEqual([1, 2]);
    });

    it("hears a restarted peer that speaks first", async () => {
      const world = await make();
      const seen = await world.run(
        async ({ transport, timers }, control) => {
          const got = new Set<string>();
          transport.subscribe((from, message) => got.add(`${from} ${JSON.stringify(message["incarnation"])}`));
          await until(timers, () => got.has("n2 1"));
          control.restart("n2");
          await until(timers, () => got.has("n2 2"));
          return [...got];
        },
        {
          n2: async ({ transport, timers, incarnation }) => {
            for (let i = 0; i < 100; i++) {
              transport.send(N1, { type: "test.up", incarnation });
              await sleep(timers, 20);
            }
          },
          n3: idle,
        },
      );
      expect(seen).toEqual(["n2 1", "n2 2"]);
    });
  });
}
