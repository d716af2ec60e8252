import { crc32 } from "node:zlib";
import { FaultlineError } from "../ports/errors.ts";

/** Longest payload of one frame, in bytes, unless its owner says otherwise. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;

const HEAD_BYTES = 8;

/** Bytes that are not a frame: the connection they came from cannot be trusted any further. */
export class FrameError extends FaultlineError {
  constructor(code: "FRAME_LENGTH" | "FRAME_CHECKSUM" | "FRAME_TEXT", message: string, options?: ErrorOptions) {
    super(code, message, {}, options);
  }
}

/** One frame: length and CRC-32 of the payload as big-endian 32-bit integers, then the payload, JSON in UTF-8. */
export function encodeFrame(json: string): Buffer {
  const length = Buffer.byteLength(json, "utf8");
  const frame = Buffer.allocUnsafe(HEAD_BYTES + length);
  frame.write(json, HEAD_BYTES, "utf8");
  frame.writeUInt32BE(length, 0);
  frame.writeUInt32BE(crc32(frame.subarray(HEAD_BYTES)), 4);
  return frame;
}

/** Finds the frames in a stream of bytes that may be cut anywhere. */
export class FrameReader {
  readonly #lengthMax: number;
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(lengthMax: number = FRAME_BYTES_MAX) {
    this.#lengthMax = lengthMax;
  }

  /**
   * Takes the next bytes; yields the values that became complete.
   *
   * @throws {FrameError} at the first frame that is too long, altered or not JSON. Nothing after it may be read.
   */
  *push(chunk: Buffer): Generator<unknown, void> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    for (;;) {
      const head = this.#peek(HEAD_BYTES);
      if (head === undefined) return;
      const length = head.readUInt32BE(0);
      if (length > this.#lengthMax) {
        throw new FrameError(
          "FRAME_LENGTH",
          `A frame says it has ${String(length)} bytes; the limit is ${String(this.#lengthMax)}.`,
        );
      }
      const frame = this.#peek(HEAD_BYTES + length);
      if (frame === undefined) return;
      this.#drop(HEAD_BYTES + length);
      yield decode(frame.subarray(HEAD_BYTES, HEAD_BYTES + length), frame.readUInt32BE(4));
    }
  }

  /** The first `length` bytes in one piece, or `undefined` while they have not all come. Joins pieces only when that many are there. */
  #peek(length: number): Buffer | undefined {
    if (this.#size < length) return undefined;
    const first = this.#chunks[0] as Buffer;
    if (first.length >= length) return first;
    const joined = Buffer.concat(this.#chunks, this.#size);
    this.#chunks = [joined];
    return joined;
  }

  #drop(length: number): void {
    // Called after a peek of the same length, so the first piece holds it whole.
    const rest = (this.#chunks[0] as Buffer).subarray(length);
    if (rest.length === 0) this.#chunks.shift();
    else this.#chunks[0] = rest;
    this.#size -= length;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(payload: Buffer, checksum: number): unknown {
  if (crc32(payload) !== checksum) throw new FrameError("FRAME_CHECKSUM", "A frame's checksum does not fit its bytes.");
  try {
    return JSON.parse(utf8.decode(payload)) as unknown;
  } catch (error) {
    throw new FrameError("FRAME_TEXT", "A frame's checksum fits, but its bytes are not JSON in UTF-8.", {
      cause: error,
    });
  }
}
