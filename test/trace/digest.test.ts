import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeTrace, encodeTrace } from "../../src/trace/codec.ts";
import { Digest } from "../../src/trace/digest.ts";
import { TraceWriter } from "../../src/trace/trace-writer.ts";
import { digestOf, RECORD_WIDTH, type Trace } from "../../src/trace/trace.ts";

type FixedCells = readonly [number, number, number, number, number, number, number, number, number, number];

/** A run with every kind of record, and a value in every field that a kind has. */
function sample(): TraceWriter {
  const writer = new TraceWriter({ keep: true });
  writer.time = 5_000_000_000;
  const message = { type: "raft.append", term: 3, entries: [{ key: "x", value: null }], ok: true };
  const sent = writer.sent("n1", "n2", message);
  writer.cause = sent;
  writer.time += 7;
  writer.delivered("n2", "n1", sent, message);
  writer.duplicated("n2", "n1", sent, message, "dup");
  writer.dropped("n2", "n1", sent, message, "partition", "cut");
  writer.state(1, "n1", "process", "up", { incarnation: 1, reason: "start" });
  writer.state(0, "n1", "role", "leader", { term: 3 });
  writer.point(0, "n1", "raft.vote", { term: 3, ratio: 0.5 });
  writer.cause = 6;
  const invoke = writer.invoke("c1", "write", "x", { value: 1 });
  writer.complete("c1", invoke, "ok", [1, "2", false]);
  writer.fault("start", "cut", { kind: "partition" });
  writer.timer("n1", "election");
  return writer;
}

function kept(writer: TraceWriter): Trace {
  if (writer.trace === undefined) throw new Error("Nothing was kept.");
  return writer.trace;
}

/** Every plain value that differs from `value` in one place. */
function* variants(value: unknown): Generator<unknown> {
  if (typeof value === "string") yield `${value}'`;
  else if (typeof value === "number") yield value + 1;
  else if (typeof value === "boolean") yield !value;
  else if (value === null) yield 0;
  else if (Array.isArray(value)) {
    yield [...(value as unknown[]), 0];
    yield value.slice(1);
    for (let i = 0; i < value.length; i++) for (const other of variants(value[i])) yield value.with(i, other);
  } else {
    const object = value as Record<string, unknown>;
    yield { ...object, extra: 1 };
    for (const [key, inner] of Object.entries(object)) {
      const { [key]: _removed, ...rest } = object;
      yield rest;
      yield { ...rest, [`${key}'`]: inner };
      for (const other of variants(inner)) yield { ...object, [key]: other };
    }
  }
}

describe("digest", () => {
  it("is the same when it is folded anew from the kept trace, and from the stored one", () => {
    const writer = sample();
    expect(digestOf(kept(writer))).toBe(writer.digest());
    expect(digestOf(decodeTrace(encodeTrace(kept(writer))))).toBe(writer.digest());
    expect(writer.digest()).toMatch(/^[0-9a-f]{16}$/);
  });

  it("is the same whether or not records are kept", () => {
    const digests = [true, false].map((keep) => {
      const writer = new TraceWriter({ keep });
      for (let i = 0; i < 5_000; i++) {
        writer.time = i;
        writer.point(0, "n1", `p${String(i % 7)}`, { i });
      }
      return writer.digest();
    });
    expect(digests[0]).toBe(digests[1]);
  });

  it("differs when any single integer of any record differs", () => {
    const original = sample().digest();
    const trace = kept(sample());
    for (let id = 0; id < trace.count; id++) {
      for (let column = 0; column < RECORD_WIDTH; column++) {
        // The body's column is a place, not a value: bodies are tampered with below.
        if (column === 10) continue;
        const copy = decodeTrace(encodeTrace(trace));
        const chunk = copy.chunks[0] as Int32Array;
        const cell = id * RECORD_WIDTH + column;
        const isText = [3, 5, 6, 8, 9].includes(column);
        chunk[cell] = isText ? copy.strings.push("tampered") - 1 : (chunk[cell] as number) + 1;
        expect(digestOf(copy), `record ${String(id)}, column ${String(column)}`).not.toBe(original);
      }
    }
  });

  it("differs when any text differs", () => {
    const writer = sample();
    const trace = kept(writer);
    for (let i = 1; i < trace.strings.length; i++) {
      const copy = decodeTrace(encodeTrace(trace));
      copy.strings[i] = `${copy.strings[i] as string}'`;
      expect(digestOf(copy), trace.strings[i] as string).not.toBe(writer.digest());
    }
  });

  it("differs when anything in a body differs, and when a body is missing", () => {
    const writer = sample();
    const stored = encodeTrace(kept(writer));
    const { bodies } = decodeTrace(stored);
    let tried = 0;
    bodies.forEach((body, place) => {
      for (const other of variants(body)) {
        const copy = decodeTrace(stored);
        copy.bodies[place] = other as (typeof bodies)[number];
        expect(digestOf(copy), JSON.stringify(other)).not.toBe(writer.digest());
        tried++;
      }
    });
    expect(tried).toBeGreaterThan(40);
    for (let id = 0; id < kept(writer).count; id++) {
      const copy = decodeTrace(stored);
      const cell = id * RECORD_WIDTH + 10;
      if ((copy.chunks[0] as Int32Array)[cell] === -1) continue;
      (copy.chunks[0] as Int32Array)[cell] = -1;
      expect(digestOf(copy)).not.toBe(writer.digest());
    }
  });

  it("differs when records are swapped, left out or repeated", () => {
    const write = (names: readonly string[]): string => {
      const writer = new TraceWriter({ keep: false });
      for (const name of names) writer.point(0, "n1", name);
      return writer.digest();
    };
    const digests = [["a", "b"], ["b", "a"], ["a"], ["a", "b", "b"], ["ab"], []].map(write);
    expect(new Set(digests).size).toBe(digests.length);
  });

  it("tells apart sequences of records that differ in one integer, or in the hash of one text", () => {
    const COLUMNS = 10;
    const texts = { first: new Int32Array(20).map((_, id) => id * 0x51ed270b), second: new Int32Array(20).fill(7, 1) };
    const cell = (column: number): fc.Arbitrary<number> =>
      [0, 1, 2, 4, 7].includes(column) ? fc.integer() : fc.nat(19);
    const record = fc.tuple(...Array.from({ length: COLUMNS }, (_, column) => cell(column)));
    const fold = (records: readonly (readonly number[])[]): string => {
      const digest = new Digest();
      for (const cells of records) {
        const [low, high, head, node, cause, peer, name, number, reason, fault] = cells as FixedCells;
        digest.columns(low, high, head, node, cause, peer, name, number, reason, fault, texts.first, texts.second);
      }
      return digest.value();
    };
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 10 }),
        record,
        fc.nat(),
        fc.nat(COLUMNS - 1),
        (records, other, at, column) => {
          const place = at % records.length;
          const changed = (records[place] as number[]).with(column, other[column] as number);
          fc.pre(changed[column] !== records[place]?.[column]);
          expect(fold(records.with(place, changed))).not.toBe(fold(records));
        },
      ),
    );
  });

  it("tells apart values that look alike", () => {
    const fold = (value: Parameters<Digest["body"]>[0]): string => {
      const digest = new Digest();
      digest.body(value, 0, false);
      return digest.value();
    };
    const alike = [
      0,
      -0,
      "0",
      false,
      null,
      [null],
      "",
      [],
      {},
      [0],
      [[]],
      { a: 0 },
      { b: 0 },
      1,
      true,
      1.5,
      4294967296,
      NaN,
    ];
    expect(new Set(alike.map(fold)).size).toBe(alike.length);
  });
});
