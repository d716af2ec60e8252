import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodePlain } from "../../../src/system/live/plain-json.ts";
import { FaultlineError } from "../../../src/system/ports/errors.ts";
import type { Plain } from "../../../src/system/ports/transport.ts";

describe("encodePlain", () => {
  it("writes what reads back equal", () => {
    const plain = fc.jsonValue() as fc.Arbitrary<Plain>;
    fc.assert(
      fc.property(plain, (value) => {
        expect(JSON.parse(encodePlain(value))).toEqual(normal(value));
      }),
    );
  });

  it.each([
    ["undefined", { a: [1, { b: undefined }] }, "message.a[1].b is undefined"],
    ["NaN", { a: NaN }, "message.a is NaN"],
    ["an infinity", [Infinity], "message[0] is Infinity"],
    ["a date", { at: new Date(0) }, "message.at is an instance of Date"],
    ["a map", { map: new Map() }, "message.map is an instance of Map"],
    ["a function", { f: () => 1 }, "message.f is a function"],
    ["a value that holds itself", selfHolding(), "is more than 64 levels deep"],
    ["a bigint", { n: 1n }, "message.n is a bigint"],
  ])("refuses %s and says where it is", (_what, value, text) => {
    expect(() => encodePlain(value as unknown as Plain)).toThrow(FaultlineError);
    expect(() => encodePlain(value as unknown as Plain)).toThrow(text);
  });
});

function selfHolding(): object {
  const value: { self?: object } = {};
  value.self = value;
  return value;
}

/** JSON knows one zero. */
function normal(value: Plain): Plain {
  return JSON.parse(JSON.stringify(value, (_key, inner: Plain) => (Object.is(inner, -0) ? 0 : inner))) as Plain;
}
