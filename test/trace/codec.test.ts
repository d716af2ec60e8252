import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeTrace, encodeTrace, TraceFormatError } from "../../src/trace/codec.ts";
import type { Fields } from "../../src/trace/plain.ts";
import { TraceWriter } from "../../src/trace/trace-writer.ts";
import type { Trace } from "../../src/trace/trace.ts";

const fields = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())) as fc.Arbitrary<Fields>;
const name = fc.string({ maxLength: 8 });
const point = fc.record({
  node: name,
  point: name,
  fields: fc.option(fields, { nil: undefined }),
  gap: fc.nat(2_000_000_000),
});

function traceOf(points: readonly { node: string; point: string; fields?: Fields | undefined; gap: number }[]): Trace {
  const writer = new TraceWriter({ keep: true });
  for (const each of points) {
    writer.time += each.gap;
    writer.cause = writer.count - 1;
    writer.point(1, each.node, each.point, each.fields);
  }
  return writer.trace as Trace;
}

describe("trace codec", () => {
  it("gives back every record", () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 50 }), (points) => {
        const trace = traceOf(points);
        expect([...decodeTrace(encodeTrace(trace))]).toEqual([...trace]);
      }),
    );
  });

  it("gives back records beyond one chunk, and times beyond 32 bits", () => {
    const trace = traceOf(
      Array.from({ length: 9_000 }, (_, i) => ({ node: "n1", point: `p${String(i)}`, gap: 1_000_000_000 })),
    );
    const read = decodeTrace(encodeTrace(trace));
    expect(read.count).toBe(9_000);
    expect(read.record(8_999)).toEqual(trace.record(8_999));
    expect(read.record(8_999).time).toBe(9_000_000_000_000);
  });

  it("stores equal bodies once", () => {
    const trace = traceOf(Array.from({ length: 100 }, () => ({ node: "n1", point: "p", fields: { a: 1 }, gap: 1 })));
    expect(decodeTrace(encodeTrace(trace)).bodies).toEqual([{ a: 1 }]);
  });

  it("refuses what is not a trace, is cut short, or comes from another version", () => {
    const whole = encodeTrace(traceOf([{ node: "n1", point: "p", gap: 1 }]));
    const header = (value: unknown): Uint8Array => {
      const text = Buffer.from(JSON.stringify(value));
      const head = Buffer.alloc(4);
      head.writeUInt32LE(text.length);
      return gzipSync(Buffer.concat([head, text]));
    };
    const cases: readonly (readonly [Uint8Array, RegExp])[] = [
      [new Uint8Array(0), /gzip|cut short/],
      [Buffer.from("not a trace"), /not a gzip file/],
      [whole.subarray(0, whole.length - 12), /cut short/],
      [gzipSync(Buffer.from("hello")), /header cannot be read/],
      [gzipSync(Buffer.alloc(0)), /header cannot be read/],
      [header({ magic: "OTHER" }), /not a Faultline trace/],
      [header({ magic: "FAULTLINE-TRACE", version: 999 }), /format 999; this version reads 1/],
      [header({ magic: "FAULTLINE-TRACE", version: 1, count: 3, strings: [""], bodies: [] }), /holds 3 records/],
    ];
    for (const [bytes, message] of cases) {
      expect(() => decodeTrace(bytes)).toThrow(TraceFormatError);
      expect(() => decodeTrace(bytes)).toThrow(message);
    }
  });
});
