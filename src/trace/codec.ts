import { gunzipSync, gzipSync } from "node:zlib";
import { RECORD_WIDTH, Trace, type Body } from "./trace.ts";

const MAGIC = "FAULTLINE-TRACE";
/** Version of the stored format; a reader refuses what it does not know. */
export const TRACE_VERSION = 1;

interface Header {
  readonly magic: string;
  readonly version: number;
  readonly count: number;
  readonly strings: readonly string[];
  readonly bodies: readonly Body[];
}

/** Why stored bytes are not a trace. */
export class TraceFormatError extends Error {
  override name = "TraceFormatError";
}

/**
 * Encodes a trace: gzip of a 4-byte length, a JSON header (strings, distinct bodies), then one little-endian int32 column after
 * another. Equal traces give equal decoded bytes everywhere; the gzip bytes themselves may differ between zlib builds.
 */
export function encodeTrace(trace: Trace): Uint8Array {
  const places = new Map<string, number>();
  const bodies: Body[] = [];
  const remap = new Int32Array(trace.bodies.length);
  trace.bodies.forEach((body, index) => {
    const text = JSON.stringify(body);
    let place = places.get(text);
    if (place === undefined) {
      place = bodies.push(body) - 1;
      places.set(text, place);
    }
    remap[index] = place;
  });
  const header: Header = { magic: MAGIC, version: TRACE_VERSION, count: trace.count, strings: trace.strings, bodies };
  const head = Buffer.from(JSON.stringify(header), "utf8");
  const out = Buffer.alloc(4 + head.length + trace.count * RECORD_WIDTH * 4);
  out.writeUInt32LE(head.length, 0);
  head.copy(out, 4);
  let at = 4 + head.length;
  for (let column = 0; column < RECORD_WIDTH; column++) {
    for (let id = 0; id < trace.count; id++) {
      const cell = trace.cell(id, column);
      out.writeInt32LE(column === 10 && cell >= 0 ? (remap[cell] as number) : cell, at);
      at += 4;
    }
  }
  return gzipSync(out, { level: 6 });
}

/** @throws {TraceFormatError} when the bytes are not a trace, are cut short, or come from another version. */
export function decodeTrace(bytes: Uint8Array): Trace {
  let data: Buffer;
  try {
    data = gunzipSync(bytes);
  } catch (error) {
    throw new TraceFormatError("The file is not a gzip file or is cut short.", { cause: error });
  }
  const header = readHeader(data);
  const start = 4 + data.readUInt32LE(0);
  if (data.length !== start + header.count * RECORD_WIDTH * 4) {
    throw new TraceFormatError(`The trace says it holds ${String(header.count)} records, but its length is another.`);
  }
  const trace = new Trace();
  trace.strings.splice(0, 1, ...header.strings);
  trace.bodies.push(...header.bodies);
  for (let id = 0; id < header.count; id++) {
    const chunk = trace.grow();
    const offset = (id % 4096) * RECORD_WIDTH;
    for (let column = 0; column < RECORD_WIDTH; column++) {
      chunk[offset + column] = data.readInt32LE(start + (column * header.count + id) * 4);
    }
  }
  return trace;
}

function readHeader(data: Buffer): Header {
  try {
    const header = JSON.parse(data.toString("utf8", 4, 4 + data.readUInt32LE(0))) as Header;
    if (header.magic !== MAGIC) throw new TraceFormatError("The file is not a Faultline trace.");
    if (header.version !== TRACE_VERSION) {
      throw new TraceFormatError(
        `The trace has format ${String(header.version)}; this version reads ${String(TRACE_VERSION)}.`,
      );
    }
    return header;
  } catch (error) {
    if (error instanceof TraceFormatError) throw error;
    throw new TraceFormatError("The trace's header cannot be read.", { cause: error });
  }
}
