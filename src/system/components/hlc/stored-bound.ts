import { crc32 } from "node:zlib";
import type { Disk } from "../../ports/disk.ts";
import { FailStopError } from "../../ports/errors.ts";

/** What a clock leaves for its next life. */
export interface Bound {
  /** No stamp with this `ms` or a later one was ever given out. */
  readonly boundMs: number;
  /** The largest wall reading when it was written. */
  readonly wallMs: number;
}

const TEXT = /^([0-9a-f]{12}) ([0-9a-f]{12}) ([0-9a-f]{8})\n$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bound on disk: one small file, replaced as a whole. */
export class StoredBound {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #directory: string;

  constructor(options: { disk: Disk; path: string }) {
    this.#disk = options.disk;
    this.#path = options.path;
    const slash = options.path.lastIndexOf("/");
    this.#directory = slash < 0 ? "" : options.path.slice(0, slash);
  }

  /** @returns zeros when nothing was stored. @throws {FailStopError} when the file is damaged: stamps given out are then unknown. */
  async load(): Promise<Bound> {
    const bytes = await this.#disk.read(this.#path);
    if (bytes === undefined) return { boundMs: 0, wallMs: 0 };
    const text = decoder.decode(bytes);
    const match = TEXT.exec(text);
    if (match === null || textOf(parse(match)) !== text) {
      throw new FailStopError(
        `The clock's bound in "${this.#path}" is damaged; which stamps were given out is not known.`,
        {
          path: this.#path,
        },
      );
    }
    return parse(match);
  }

  /** Durable when it resolves. After a rejection the old bound or this one stands, and saving a larger one again is safe. */
  async save(bound: Bound): Promise<void> {
    const fresh = `${this.#path}.new`;
    await this.#disk.write(fresh, encoder.encode(textOf(bound)));
    await this.#disk.sync(fresh);
    await this.#disk.rename(fresh, this.#path);
    await this.#disk.syncDirectory(this.#directory);
  }
}

function parse(match: RegExpExecArray): Bound {
  return { boundMs: Number.parseInt(match[1] as string, 16), wallMs: Number.parseInt(match[2] as string, 16) };
}

function textOf({ boundMs, wallMs }: Bound): string {
  const body = `${hex(boundMs, 12)} ${hex(wallMs, 12)}`;
  return `${body} ${hex(crc32(encoder.encode(body)), 8)}\n`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
