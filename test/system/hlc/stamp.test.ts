import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HlcStampError } from "../../../src/system/components/hlc/hlc-errors.ts";
import {
  compareStamps,
  decodeStamp,
  encodeStamp,
  STAMP_MS_MAX,
  type HlcStamp,
} from "../../../src/system/components/hlc/stamp.ts";
import { nodeId } from "../../../src/system/ports/node-id.ts";

const stamps: fc.Arbitrary<HlcStamp> = fc.record({
  ms: fc.oneof(fc.nat(20), fc.integer({ min: 0, max: STAMP_MS_MAX })),
  counter: fc.oneof(fc.nat(20), fc.nat(65_535)),
  nodeId: fc.constantFrom("a", "n1", "n10", "n2", "n-1", "pos-1").map(nodeId),
});

describe("the text of a stamp", () => {
  it("is 12 hex digits of ms, 4 of the counter, a dash and the node", () => {
    expect(encodeStamp({ ms: 1_633_000_000_000, counter: 10, nodeId: nodeId("pos-1") })).toBe("017c36628a00000a-pos-1");
  });

  it("reads back as it was", () => {
    fc.assert(
      fc.property(stamps, (stamp) => {
        expect(decodeStamp(encodeStamp(stamp))).toEqual(stamp);
      }),
    );
  });

  it("has the byte order of the tuples", () => {
    fc.assert(
      fc.property(stamps, stamps, (a, b) => {
        const bytes = Buffer.compare(Buffer.from(encodeStamp(a)), Buffer.from(encodeStamp(b)));
        expect(bytes).toBe(compareStamps(a, b));
      }),
    );
  });

  it.each([
    "",
    "17c36628a00:10-n1",
    "017C36628A00000A-n1",
    "017c36628a00000a-",
    "017c36628a00000an1",
    "017c36628a00000a-n1\n",
  ])("is nothing else: %j", (text) => expect(() => decodeStamp(text)).toThrow(HlcStampError));

  it("is not written for what does not fit", () => {
    expect(() => encodeStamp({ ms: STAMP_MS_MAX + 1, counter: 0, nodeId: nodeId("n1") })).toThrow(HlcStampError);
    expect(() => encodeStamp({ ms: 1, counter: 65_536, nodeId: nodeId("n1") })).toThrow(HlcStampError);
  });
});
