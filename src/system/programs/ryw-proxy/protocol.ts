import type { Message } from "../../ports/transport.ts";

/** Name and value; names in small letters. */
export type HttpHeader = readonly [name: string, value: string];

/** Who asks whom: a client a proxy, a proxy the application behind it, a proxy that of the primary. */
export type HttpHop = "client" | "target" | "primary";

/** One HTTP request on the wire. Sent again until it is answered or given up; a server handles it once. */
export interface HttpRequest extends Message {
  readonly type: "http.request";
  readonly hop: HttpHop;
  /** Names the client's life, and the request within it: the same on all hops. A client asks one thing at a time. */
  readonly session: string;
  readonly id: number;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly HttpHeader[];
  readonly body: string;
}

export interface HttpResponse extends Message {
  readonly type: "http.response";
  readonly hop: HttpHop;
  readonly session: string;
  readonly id: number;
  readonly status: number;
  readonly headers: readonly HttpHeader[];
  readonly body: string;
}

/** Values of all headers of a name, joined as HTTP has it; `""` for none. */
export function headerOf(headers: readonly HttpHeader[], name: string): string {
  return headers
    .filter(([one]) => one === name)
    .map(([, value]) => value)
    .join(name === "cookie" ? "; " : ", ");
}
