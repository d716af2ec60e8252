import { describe, expect, it } from "vitest";
import { HlcClock } from "../../src/system/components/hlc/hlc-clock.ts";
import { encodeStamp } from "../../src/system/components/hlc/stamp.ts";
import { OFD_SUCCESS, type OfdMode } from "../../src/system/components/receipts/ofd-modes.ts";
import { OfdError, type OfdAcceptance, type OfdPort } from "../../src/system/components/receipts/ofd-port.ts";
import type { NodeEnv } from "../../src/system/ports/node.ts";
import { sleep } from "./world.ts";

/** What a body may use. `second` is another connection of the same node. */
export interface OfdSetup {
  readonly env: NodeEnv;
  readonly ofd: OfdPort;
  readonly second: OfdPort;
  /** Stamps of answers' sendings, as they came in at `ofd`. */
  readonly stamps: readonly string[];
  setMode(mode: OfdMode): Promise<void>;
  /** Keys that were accepted, in order. */
  accepted(): Promise<readonly string[]>;
  /** Registrations that arrived at this life of the server. */
  attempts(): Promise<number>;
  /** Kills the server and starts it again on the same files; resolves when it serves. */
  restartServer(): Promise<void>;
}

/** Runs a body against one empty OFD. */
export type WithOfd = <T>(
  body: (setup: OfdSetup) => Promise<T>,
  config?: { readonly checksTokens?: boolean },
) => Promise<T>;

interface Sent {
  readonly payload?: string;
  readonly fencing?: string;
  readonly receiptHlc?: string;
  readonly signal?: AbortSignal;
}

/** A till's own stamp of its receipts; made long ago. */
const RECEIPT_HLC = "0000000003e80000-till";

/** What every {@link OfdPort} and the mock OFD behind it promise. */
export function describeOfd(name: string, withOfd: WithOfd): void {
  const stampOf = (env: NodeEnv): string => encodeStamp(new HlcClock({ nodeId: env.id, clock: env.clock }).now());
  const registering =
    (env: NodeEnv, ofd: OfdPort) =>
    (key: string, sent: Sent = {}): Promise<OfdAcceptance> => {
      const { payload = "3 apples", fencing = "1", receiptHlc = RECEIPT_HLC } = sent;
      const signal = sent.signal ?? new AbortController().signal;
      return ofd.register({ key, posId: "till", payload, receiptHlc, fencing }, { signal, hlc: stampOf(env) });
    };
  const errorOf = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      (value) => ({ answered: value }),
      (error: unknown) => error,
    );
  /** Gives up after so long. */
  const within = (env: NodeEnv, ms: number): AbortSignal => {
    const control = new AbortController();
    void sleep(env.timers, ms).then(() => control.abort(new Error("over")));
    return control.signal;
  };

  describe(`OFD contract: ${name}`, () => {
    it("accepts a key once, and gives the first answer again, over another connection too", async () => {
      const { first, again, other, accepted } = await withOfd(async ({ env, ofd, second, accepted }) => ({
        first: await registering(env, ofd)("a"),
        again: await registering(env, ofd)("a"),
        other: await registering(env, second)("a", { fencing: "2" }),
        accepted: await accepted(),
      }));
      expect(first).toMatchObject({ isReplay: false });
      expect([again, other]).toEqual([
        { isReplay: true, hlc: first.hlc },
        { isReplay: true, hlc: first.hlc },
      ]);
      expect(accepted).toEqual(["a"]);
    });

    it("stamps the acceptance after the sending, and the answer after the acceptance", async () => {
      const { sent, acceptance, stamps } = await withOfd(async ({ env, ofd, stamps }) => {
        const registration = { key: "a", posId: "till", payload: "", receiptHlc: RECEIPT_HLC, fencing: "1" };
        const before = stampOf(env);
        const { signal } = new AbortController();
        return { sent: before, acceptance: await ofd.register(registration, { signal, hlc: before }), stamps };
      });
      expect(acceptance.hlc > sent).toBe(true);
      expect(stamps).toHaveLength(1);
      expect((stamps[0] ?? "") > acceptance.hlc).toBe(true);
    });

    it("refuses another content under a known key for good, and keeps the first", async () => {
      const { error, later, accepted } = await withOfd(async ({ env, ofd, accepted }) => {
        const register = registering(env, ofd);
        await register("a");
        const refused = await errorOf(register("a", { payload: "4 apples" }));
        const otherMoment = await errorOf(register("a", { receiptHlc: "0000000003e80001-till" }));
        return { error: refused, later: otherMoment, accepted: await accepted() };
      });
      expect(error).toBeInstanceOf(OfdError);
      for (const one of [error, later])
        expect(one).toMatchObject({ code: "OFD_REFUSED", definite: true, isBusiness: true, facts: { key: "a" } });
      expect(accepted).toEqual(["a"]);
    });

    it("refuses what is no registration", async () => {
      const { errors, accepted } = await withOfd(async ({ env, ofd, accepted }) => {
        const register = registering(env, ofd);
        const wrong = [register("a b"), register("a", { fencing: "-1" }), register("a", { receiptHlc: "noon" })];
        return { errors: await Promise.all(wrong.map(errorOf)), accepted: await accepted() };
      });
      for (const error of errors) expect(error).toMatchObject({ code: "OFD_REFUSED" });
      expect(accepted).toEqual([]);
    });

    it("accepts one of many registrations of a key at once; the others are told so, or to ask again", async () => {
      const { outcomes, accepted } = await withOfd(async ({ env, ofd, second, accepted }) => {
        const calls = [1, 2, 3].flatMap(() => [registering(env, ofd)("a"), registering(env, second)("a")]);
        const settled = await Promise.all(calls.map((call) => errorOf(call.then(({ isReplay }) => isReplay))));
        return {
          outcomes: settled.map((one) =>
            one instanceof OfdError ? one.code : (one as { answered: boolean }).answered,
          ),
          accepted: await accepted(),
        };
      });
      expect(outcomes.filter((one) => one === false)).toHaveLength(1);
      expect(outcomes.filter((one) => one !== false && one !== true && one !== "OFD_IN_FLIGHT")).toEqual([]);
      expect(accepted).toEqual(["a"]);
    });

    it("refuses a sender whose lock is over, whatever it asks, and names the largest number", async () => {
      const { errors, equal, accepted } = await withOfd(async ({ env, ofd, accepted }) => {
        const register = registering(env, ofd);
        await register("a", { fencing: "9007199254740993" });
        const stale = [register("b", { fencing: "9007199254740992" }), register("a", { fencing: "1" })];
        return {
          errors: await Promise.all(stale.map(errorOf)),
          equal: await register("c", { fencing: "9007199254740993" }),
          accepted: await accepted(),
        };
      });
      for (const error of errors)
        expect(error).toMatchObject({
          ...{ code: "OFD_STALE_TOKEN", definite: true, isBusiness: true },
          facts: { largest: "9007199254740993" },
        });
      expect(equal.isReplay).toBe(false);
      expect(accepted).toEqual(["a", "c"]);
    });

    it("counts the number of a replay as seen", async () => {
      const error = await withOfd(async ({ env, ofd }) => {
        await registering(env, ofd)("a", { fencing: "1" });
        await registering(env, ofd)("a", { fencing: "5" });
        return errorOf(registering(env, ofd)("b", { fencing: "4" }));
      });
      expect(error).toMatchObject({ code: "OFD_STALE_TOKEN", facts: { largest: "5" } });
    });

    it("knows of no fencing numbers when it is told not to, and accepts once all the same", async () => {
      const { late, again, accepted } = await withOfd(
        async ({ env, ofd, accepted }) => {
          const register = registering(env, ofd);
          await register("a", { fencing: "9" });
          const stale = await register("b", { fencing: "1" });
          return { late: stale, again: await register("a", { fencing: "1" }), accepted: await accepted() };
        },
        { checksTokens: false },
      );
      expect([late.isReplay, again.isReplay]).toEqual([false, true]);
      expect(accepted).toEqual(["a", "b"]);
    });

    it("accepts nothing while it fails, and everything afterwards", async () => {
      const { error, during, after, accepted } = await withOfd(async ({ env, ofd, setMode, accepted }) => {
        await setMode({ mode: "failing" });
        const failed = await errorOf(registering(env, ofd)("a"));
        const none = await accepted();
        await setMode(OFD_SUCCESS);
        return { error: failed, during: none, after: await registering(env, ofd)("a"), accepted: await accepted() };
      });
      expect(error).toMatchObject({ code: "OFD_FAILED", definite: false, isBusiness: false });
      expect([during, accepted]).toEqual([[], ["a"]]);
      expect(after.isReplay).toBe(false);
    });

    it("gives no answer to what it accepted, and the next attempt is told that it was", async () => {
      const { error, during, after, accepted } = await withOfd(async ({ env, ofd, setMode, accepted }) => {
        await setMode({ mode: "timeout-after-accept" });
        const lost = await errorOf(registering(env, ofd)("a", { signal: within(env, 700) }));
        const known = await accepted();
        await setMode(OFD_SUCCESS);
        return { error: lost, during: known, after: await registering(env, ofd)("a"), accepted: await accepted() };
      });
      expect(error).toMatchObject({ message: "over" });
      expect([during, accepted]).toEqual([["a"], ["a"]]);
      expect(after.isReplay).toBe(true);
    });

    it("takes its time when it is slow, for those too who no longer wait", async () => {
      const seen = await withOfd(async ({ env, ofd, setMode, accepted }) => {
        await setMode({ mode: "slow", byMs: 400 });
        const startMs = env.clock.monotonic();
        const { isReplay } = await registering(env, ofd)("a");
        const tookMs = env.clock.monotonic() - startMs;
        const given = await errorOf(registering(env, ofd)("b", { signal: within(env, 200) }));
        const before = await accepted();
        await sleep(env.timers, 600);
        return { isReplay, tookMs, given, before, after: await accepted() };
      });
      expect(seen).toMatchObject({ isReplay: false, given: { message: "over" }, before: ["a"], after: ["a", "b"] });
      expect(seen.tookMs).toBeGreaterThanOrEqual(400);
    });

    it("accepts once what is delivered to it twice", async () => {
      const { first, again, attempts, accepted } = await withOfd(async ({ env, ofd, setMode, ...asked }) => {
        await setMode({ mode: "duplicate-delivery" });
        const one = await registering(env, ofd)("a");
        const two = await registering(env, ofd)("a");
        return { first: one, again: two, attempts: await asked.attempts(), accepted: await asked.accepted() };
      });
      expect([first.isReplay, again]).toEqual([false, { isReplay: true, hlc: first.hlc }]);
      expect(attempts).toBe(4);
      expect(accepted).toEqual(["a"]);
    });

    it("sends nothing for a signal that has aborted, and nothing after the abort", async () => {
      const seen = await withOfd(async ({ env, ofd, setMode, attempts }) => {
        const refused = await errorOf(registering(env, ofd)("a", { signal: AbortSignal.abort(new Error("before")) }));
        const none = await attempts();
        await setMode({ mode: "timeout-after-accept" });
        await errorOf(registering(env, ofd)("b", { signal: within(env, 700) }));
        const one = await attempts();
        await sleep(env.timers, 2_000);
        return { refused, counts: [none, one, await attempts()] };
      });
      expect(seen.refused).toMatchObject({ message: "before" });
      expect(seen.counts).toEqual([0, 1, 1]);
    });

    it("keeps what it accepted, and the largest number, over a restart", async () => {
      const { first, again, error, accepted } = await withOfd(async ({ env, ofd, accepted, restartServer }) => {
        const before = await registering(env, ofd)("a", { fencing: "7" });
        await restartServer();
        const late = await errorOf(registering(env, ofd)("b", { fencing: "6" }));
        const after = await registering(env, ofd)("a", { fencing: "7" });
        return { first: before, again: after, error: late, accepted: await accepted() };
      });
      expect(again).toEqual({ isReplay: true, hlc: first.hlc });
      expect(error).toMatchObject({ code: "OFD_STALE_TOKEN" });
      expect(accepted).toEqual(["a"]);
    });
  });
}
