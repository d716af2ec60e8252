import { crc32 } from "node:zlib";
import { FailStopError } from "../../ports/errors.ts";
import { HEADER_BYTES } from "./frame-buffer.ts";

/** A frame as {@link FrameBuffer} wrote it: its JSON, read, and the CRC-32 of that. */
export interface StoredFrame {
  readonly value: unknown;
  readonly checksum: number;
}

const decoder = new TextDecoder();

/**
 * Reads the frames of an append-only file.
 *
 * @param path  Named in the error.
 * @returns the whole frames from the start, and how many bytes they are: what comes after is the torn tail of a write that was never
 * answered.
 * @throws {FailStopError} when a frame is damaged before the end of the file.
 */
export function readFrames(bytes: Uint8Array, path: string): { frames: StoredFrame[]; length: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: StoredFrame[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const length = view.getUint32(at, true);
    const end = at + HEADER_BYTES + length;
    if (end > bytes.length) break;
    const body = bytes.subarray(at + HEADER_BYTES, end);
    const checksum = view.getUint32(at + 4, true);
    // No frame is empty: a file system that made the file longer and lost the bytes shows zeros.
    const isDamaged = length === 0 || crc32(body) !== checksum;
    if (isDamaged) {
      if (end === bytes.length || isZero(bytes.subarray(at))) break;
      throw new FailStopError(
        `The log "${path}" is damaged at byte ${String(at)} of ${String(bytes.length)}, before its end.`,
        { file: path, at },
      );
    }
    frames.push({ value: JSON.parse(decoder.decode(body)), checksum });
    at = end;
  }
  return { frames, length: at };
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
