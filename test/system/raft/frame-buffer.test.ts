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

  it("is empty once its bytes were taken, which stay the taker's", () => {
    const buffer = new FrameBuffer();
    buffer.add(1);
    const taken = buffer.take();
    expect(buffer.isEmpty).toBe(true);
    buffer.add(2);
    expect(Buffer.from(taken)).toEqual(frameOf(1));
    expect(Buffer.from(buffer.take())).toEqual(frameOf(2));
  });
});
