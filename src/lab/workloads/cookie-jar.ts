import type { HttpHeader } from "../../system/programs/ryw-proxy/protocol.ts";

/** The cookies of one session, of one site. */
export class CookieJar {
  readonly #cookies = new Map<string, { readonly value: string; readonly untilMs: number }>();

  /** The `Cookie` header at a moment of the client's monotonic clock; `""` for none. */
  header(nowMs: number): string {
    const valid = [...this.#cookies].filter(([, { untilMs }]) => untilMs > nowMs);
    return valid.map(([name, { value }]) => `${name}=${value}`).join("; ");
  }

  /** Keeps, replaces and drops what an answer says. */
  take(headers: readonly HttpHeader[], nowMs: number): void {
    for (const [name, text] of headers) {
      if (name !== "set-cookie") continue;
      const [, cookie = "", value = "", attributes = ""] = /^([^=]+)=([^;]*)(.*)$/.exec(text) ?? [];
      const [, seconds] = /;\s*max-age=(-?\d+)/i.exec(attributes) ?? [];
      const untilMs = seconds === undefined ? Infinity : nowMs + 1_000 * Number(seconds);
      if (untilMs <= nowMs) this.#cookies.delete(cookie);
      else this.#cookies.set(cookie, { value, untilMs });
    }
  }
}
