import type { RedisReply } from "../../ports/redis.ts";
import type { Message } from "../../ports/transport.ts";

/** A client's command. Sent again until it is answered; the server runs it once. */
export interface RedisRequest extends Message {
  readonly type: "redis.request";
  /** Names the client's connection: `id` counts within it. */
  readonly session: string;
  readonly id: number;
  /** The command and its arguments as the wire carries them: `["EVALSHA", DIGEST, "1", KEY, ARG…]`. */
  readonly command: readonly string[];
}

/** `error` is the server's refusal, `""` for none. */
export interface RedisAnswer extends Message {
  readonly type: "redis.reply";
  readonly session: string;
  readonly id: number;
  readonly value: RedisReply;
  readonly error: string;
}

/**
 * Names a script on the wire: 64 bits of its text, in hexadecimal. A stand-in for the SHA-1 of `EVALSHA`; like it, a function of the
 * text alone.
 */
export function scriptDigest(script: string): string {
  return hash(script, 0x811c9dc5) + hash(script, 0x01000193);
}

/** FNV-1a over UTF-16 units, with another start for the other half, and a final mix so that the two halves differ. */
function hash(text: string, start: number): string {
  let h = start >>> 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return ((h ^ (h >>> 13)) >>> 0).toString(16).padStart(8, "0");
}
