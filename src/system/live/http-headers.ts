import type { IncomingMessage } from "node:http";

/** Headers that belong to one connection (RFC 9110 §7.6.1), or that the next one writes anew. */
const PER_HOP: readonly string[] = [
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"],
  ...["transfer-encoding", "upgrade", "expect"],
];

/** The headers of a message as they came, repeated ones and their spelling included, without those of its connection. */
export function endToEndHeaders({ rawHeaders, headers }: IncomingMessage): [name: string, value: string][] {
  const named = (headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  const kept: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const lower = name.toLowerCase();
    if (!PER_HOP.includes(lower) && !named.includes(lower)) kept.push([name, rawHeaders[i + 1] as string]);
  }
  return kept;
}

/** Headers as requests and answers are given them: by name, the values of a repeated one in a list. */
export function headersByName(
  headers: readonly (readonly [name: string, value: string])[],
): Record<string, string | string[]> {
  const byName = new Map<string, { readonly name: string; readonly values: string[] }>();
  for (const [name, value] of headers) {
    const known = byName.get(name.toLowerCase());
    if (known === undefined) byName.set(name.toLowerCase(), { name, values: [value] });
    else known.values.push(value);
  }
  // Some that must not be repeated are refused as a list, even of one.
  const single = [...byName.values()].map(({ name, values: [first = "", ...rest] }) => {
    return [name, rest.length === 0 ? first : [first, ...rest]] as const;
  });
  return Object.fromEntries(single);
}
