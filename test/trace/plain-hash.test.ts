import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlainHash } from "../../src/trace/plain-hash.ts";
import type { Plain } from "../../src/trace/plain.ts";

const plain = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Plain>;

function lanes(hash: PlainHash, value: Plain, options: { name?: number; isFixed?: boolean } = {}): readonly number[] {
  hash.hash(value, options.name ?? 0, options.isFixed ?? false);
  return [hash.a, hash.b];
}

describe("PlainHash", () => {
  it("gives a value one hash, whatever was hashed before, its name and whether it may change", () => {
    const used = new PlainHash();
    fc.assert(
      fc.property(
        fc.array(plain, { minLength: 1, maxLength: 12 }),
        fc.nat(5),
        fc.boolean(),
        (values, name, isFixed) => {
          // The same parts again, as entries on their way to several followers.
          const shared = [...values, { entries: values }, { entries: values }, [...values].reverse()];
          for (const value of shared)
            expect(lanes(used, value, { name, isFixed })).toEqual(
              lanes(new PlainHash(), structuredClone<Plain>(value)),
            );
        },
      ),
    );
  });

  it("hashes a long list once, and one in its place anew", () => {
    const list = Array.from({ length: 40 }, (_, index) => ({ index, name: `e${String(index)}` }));
    const others = Array.from({ length: 6 }, (_, n) => list.map((one) => ({ ...one, n })));
    const fresh = (value: Plain): readonly number[] => {
      const hash = new PlainHash();
      hash.hash(value, 0, false);
      return [hash.a, hash.b];
    };
    const hash = new PlainHash();
    for (const entries of [list, list, ...others, list, ...others.toReversed(), [...list], list]) {
      hash.hash({ type: "m", entries }, 1, true);
      expect([hash.a, hash.b]).toEqual(fresh({ type: "m", entries }));
    }
  });

  it("hashes a text by its units, however the runtime holds it", () => {
    const text = "a text of some units";
    const ways = [
      text,
      ["a text ", "of some units"].join(""),
      `xx${text}xx`.slice(2, -2),
      Buffer.from(text).toString(),
      Buffer.from(`${text}ž`, "utf16le").toString("utf16le").slice(0, -1),
    ];
    const hashes = ways.map((way) => {
      const hash = new PlainHash();
      hash.hash({ way }, 0, false);
      return `${String(hash.a)} ${String(hash.b)}`;
    });
    expect(new Set(hashes).size).toBe(1);
  });

  it("goes on hashing objects whose keys are data", () => {
    const used = new PlainHash();
    for (let i = 0; i < 5_000; i++) lanes(used, { [`key ${String(i)}`]: i });
    expect(lanes(used, { "one more": 1 })).toEqual(lanes(new PlainHash(), { "one more": 1 }));
  });

  it("tells apart what differs in keys, their order, their place or their types", () => {
    const different: readonly Plain[] = [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
      { ab: 1, "": 2 },
      { a: { b: 2 } },
      { a: [1, 2] },
      { a: [[1], 2] },
      { a: [[1, 2]] },
      { a: "1", b: 2 },
      { a: true, b: false },
      { a: false, b: true },
      { a: null, b: null },
      [1, 2],
      [1, 2, null],
      "12",
      Array.from({ length: 10 }, () => true),
      Array.from({ length: 10 }, (_, i) => i !== 9),
    ];
    const hash = new PlainHash();
    expect(new Set(different.map((value) => lanes(hash, value).join())).size).toBe(different.length);
  });
});
