import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatMark, markOf, setCookieOf } from "../../../src/system/components/proxy/session-mark.ts";

const marks = fc.record({ txid: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }), epoch: fc.integer({ min: -1 }) });

describe("a session's cookie", () => {
  it("is read back from among others", () => {
    fc.assert(
      fc.property(marks, fc.constantFrom("", "a=1; ", "x__txid=1; ", "broken; "), (mark, before) => {
        expect(markOf(`${before}__txid=${formatMark(mark)}; z=2`)).toEqual(mark);
      }),
    );
  });

  it("is 16 hex digits, and the epoch where one is told", () => {
    expect(formatMark({ txid: 255n, epoch: 7 })).toBe("00000000000000ff.7");
    expect(formatMark({ txid: 2n ** 64n - 1n, epoch: -1 })).toBe("ffffffffffffffff");
    expect(setCookieOf({ txid: 1n, epoch: 0 })).toBe("__txid=0000000000000001.0; Path=/; HttpOnly; Max-Age=300");
  });

  it("may be quoted, and in capitals", () => {
    expect(markOf('__txid="00000000000000FF.7"')).toEqual({ txid: 255n, epoch: 7 });
  });

  it.each([
    ...["", "ff", "00000000000000ff0", "00000000000000fg", "00000000000000ff.", "00000000000000ff.-1"],
    ...["00000000000000ff.01", "00000000000000ff.1.2", "00000000000000ff.9999999999999999", "0x000000000000ff"],
  ])("is not read where it is garbled: %s", (value) => {
    expect(markOf(`__txid=${value}`)).toBeUndefined();
    // The first counts: a server cannot know which of two a browser would rather have sent.
    expect(markOf(`__txid=${value}; __txid=00000000000000ff.1`)).toBeUndefined();
  });
});
