import { describe, expect, it } from "vitest";
import { PlainCheck } from "../../../src/sim/network/plain-check.ts";
import type { Message, Plain } from "../../../src/system/ports/transport.ts";

describe("PlainCheck", () => {
  it("freezes every part of a message", () => {
    const entry = { index: 1, command: { key: "x", values: [1, [2]] } };
    const message: Message = { type: "raft.append", entries: [entry], ok: true, nothing: null };
    new PlainCheck().freeze(message);
    for (const part of [
      message,
      message["entries"],
      entry,
      entry.command,
      entry.command.values,
      entry.command.values[1],
    ])
      expect(Object.isFrozen(part)).toBe(true);
  });

  it("looks at every message, also when a part of it is known", () => {
    const check = new PlainCheck();
    const entry = { index: 1 };
    for (let i = 0; i < 20; i++) {
      const own = { i };
      check.freeze({ type: "t", entry, own });
      expect(Object.isFrozen(own)).toBe(true);
    }
    expect(() => {
      check.freeze({ type: "t", entry, other: NaN });
    }).toThrow("NaN at t.other");
  });

  it("names the place of the first thing a wire could not carry", () => {
    const itself: Record<string, unknown> = { type: "t" };
    itself["me"] = itself;
    const cases: readonly (readonly [Record<string, unknown>, string])[] = [
      // eslint-disable-next-line no-sparse-arrays
      [{ a: [1, , 2] }, "undefined at t.a[1]"],
      [{ a: [{ b: undefined }] }, "undefined at t.a[0].b"],
      [{ a: { b: new Date(0) } }, "an instance of Date at t.a.b"],
      [{ a: 1n }, "bigint at t.a"],
      [{ a: -Infinity }, "-Infinity at t.a"],
      [itself, "an object that holds itself at t.me.me"],
    ];
    const check = new PlainCheck();
    for (const [fields, text] of cases)
      expect(() => {
        check.freeze({ type: "t", ...(fields as Record<string, Plain>) });
      }).toThrow(text);
  });
});
