import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeFrame, FrameError, FrameReader } from "../../../src/system/live/frames.ts";

const readAll = (reader: FrameReader, chunks: readonly Buffer[]): unknown[] =>
  chunks.flatMap((chunk) => [...reader.push(chunk)]);

/** Cuts a buffer at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
}

/** What a reader gives before it gives up, and whether it did. */
function readUntilRefused(bytes: Buffer): { values: unknown[]; isRefused: boolean } {
  const values: unknown[] = [];
  try {
    for (const value of new FrameReader().push(bytes)) values.push(value);
    return { values, isRefused: false };
  } catch (error) {
    expect(error).toBeInstanceOf(FrameError);
    return { values, isRefused: true };
  }
}

describe("frames", () => {
  it("come out as they went in, wherever the stream is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.json(), { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 10 }), (texts, places) => {
        const stream = Buffer.concat(texts.map(encodeFrame));
        expect(readAll(new FrameReader(), cut(stream, places))).toEqual(
          texts.map((text) => JSON.parse(text) as unknown),
        );
      }),
    );
  });

  it("are never altered by a changed bit: what is read is a prefix of what was sent", () => {
    fc.assert(
      fc.property(fc.array(fc.json(), { minLength: 1, maxLength: 4 }), fc.nat(), (texts, place) => {
        const stream = Buffer.concat(texts.map(encodeFrame));
        const bit = place % (stream.length * 8);
        stream.writeUInt8(stream.readUInt8(bit >>> 3) ^ (1 << (bit & 7)), bit >>> 3);
        const { values, isRefused } = readUntilRefused(stream);
        expect(values).toEqual(texts.slice(0, values.length).map((text) => JSON.parse(text) as unknown));
        // A longer length waits for bytes that never come; everything else is refused at once.
        expect(isRefused || values.length < texts.length).toBe(true);
      }),
    );
  });

  it("are refused by their length before their bytes are waited for", () => {
    expect(() => [...new FrameReader(100).push(encodeFrame(JSON.stringify("x".repeat(99))))]).toThrow(
      /FRAME_LENGTH.*101 bytes; the limit is 100/,
    );
    expect([...new FrameReader(101).push(encodeFrame(JSON.stringify("x".repeat(99))))]).toHaveLength(1);
  });

  it.each([
    ["no JSON", Buffer.from("{not json}", "utf8")],
    ["no UTF-8", Buffer.from([0x22, 0xff, 0x22])],
  ])("are refused when they hold %s, though the checksum fits", (_what, payload) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(payload.length, 0);
    head.writeUInt32BE(crcOf(payload), 4);
    const frame = Buffer.concat([head, payload]);
    expect(() => [...new FrameReader().push(frame)]).toThrow(/FRAME_TEXT/);
  });

  it("have the layout that is written down: length, CRC-32, JSON", () => {
    expect(encodeFrame(`{"type":"a.b"}`).toString("hex")).toBe(
      `0000000e${crcOf(Buffer.from(`{"type":"a.b"}`)).toString(16).padStart(8, "0")}7b2274797065223a22612e62227d`,
    );
    expect(crcOf(Buffer.from("123456789"))).toBe(0xcbf43926);
  });
});

/** CRC-32 (IEEE 802.3), bit by bit. */
function crcOf(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
