import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { FrameBuffer, HEADER_BYTES } from "../../../src/system/components/raft/frame-buffer.ts";

/** A frame's bytes as the file holds them, made another way. */
function frameOf(value: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(value), "utf8");
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(body.length, 0);
  header.writeUInt32LE(crc32(body), 4);
  return Buffer.concat([header, body]);
}

describe("FrameBuffer", () => {
  it("puts frames one after the other, beyond its first size and in any script", () => {
    const frames = ["ascii", "žluťoučký kůň", "分散システム 😀", '\u0000"\\', "x".repeat(10_000), ""];
    const buffer = new FrameBuffer();
    const checksums = frames.map((frame) => buffer.add(["entry", frame]));
    const expected = frames.map((frame) => frameOf(["entry", frame]));
    expect(checksums).toEqual(expected.map((bytes) => bytes.readUInt32LE(4)));
    expect(Buffer.from(buffer.take())).toEqual(Buffer.concat(expected));
  });

  it("adds a frame again as it was encoded, between others", () => {
    const first = new FrameBuffer();
    first.add("before");
    first.add(["entry", "žluťoučký kůň"]);
    const encoded = first.last.slice();
    expect(Buffer.from(encoded)).toEqual(frameOf(["entry", "žluťoučký kůň"]));
    const second = new FrameBuffer();
    for (let i = 0; i < 200; i++) second.addEncoded(encoded);
    expect(Buffer.from(second.last)).toEqual(Buffer.from(encoded));
    second.add("after");
    const frames = [...Array.from({ length: 200 }, () => ["entry", "žluťoučký kůň"]), "after"];
    expect(Buffer.from(second.take())).toEqual(Buffer.concat(frames.map(frameOf)));
  });

  it("is empty once its bytes were taken, which stay the taker's", () => {
    const buffer = new FrameBuffer();
    buffer.add(1);
    const taken = buffer.take();
    expect(buffer.isEmpty).toBe(true);
    buffer.add(2);
    expect(Buffer.from(taken)).toEqual(frameOf(1));
    expect(Buffer.from(buffer.take())).toEqual(frameOf(2));
  });

  it("lends its bytes without a copy, until it lends again", () => {
    const buffer = new FrameBuffer();
    buffer.add(1);
    const lent = buffer.lend();
    expect(buffer.isEmpty).toBe(true);
    buffer.add("x".repeat(10_000));
    buffer.add(2);
    expect(Buffer.from(lent)).toEqual(frameOf(1));
    const next = buffer.lend();
    buffer.add(3);
    expect(Buffer.from(next)).toEqual(Buffer.concat([frameOf("x".repeat(10_000)), frameOf(2)]));
    expect(Buffer.from(buffer.lend())).toEqual(frameOf(3));
    expect(buffer.lend()).toHaveLength(0);
  });
});
