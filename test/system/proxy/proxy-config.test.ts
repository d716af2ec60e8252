import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveProxyConfig } from "../../../src/system/components/proxy/proxy-config.ts";

const matches = (pattern: string, path: string): boolean =>
  resolveProxyConfig({ passthrough: [pattern] }).isPassthrough(path);

describe("settings of the proxy", () => {
  it("have the defaults of LiteFS", () => {
    const { isPassthrough, isAlwaysForward, ...rest } = resolveProxyConfig({});
    expect([isPassthrough("/"), isAlwaysForward("/")]).toEqual([false, false]);
    expect(rest).toEqual({
      onReplica: "forward",
      monotonicReads: false,
      readTimeoutMs: 5_000,
      primaryTimeoutMs: 5_000,
      upstreamTimeoutMs: 30_000,
      pollMs: 1,
      lagMaxMs: 10_000,
    });
  });

  it.each([
    ["/a", "/a", true],
    ["/a", "/a/b", false],
    ["/a/*", "/a/b/c", true],
    ["/a/*", "/a", false],
    ["*.png", "/x/cat.png", true],
    ["*.png", "/cat.png.txt", false],
    ["/a*a", "/a", false],
    ["/a*b*b", "/ab", false],
    ["/a*b*b", "/aXbYb", true],
    ["*", "/", true],
  ])("%s and %s: %s", (pattern, path, expected) => {
    expect(matches(pattern, path)).toBe(expected);
  });

  it("match paths as a regular expression would", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "."), maxLength: 8 });
    const path = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 10 });
    fc.assert(
      fc.property(text, path, (tail, rest) => {
        const pattern = `/${tail}`;
        const expression = new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
        expect(matches(pattern, `/${rest}`)).toBe(expression.test(`/${rest}`));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([{ readTimeoutMs: 0 }, { primaryTimeoutMs: 1.5 }, { pollMs: -1 }, { upstreamTimeoutMs: 2 ** 31 }])(
    "refuse %j",
    (config) => {
      expect(() => resolveProxyConfig(config)).toThrow(/^PROXY_CONFIG: .* expected integer ms of at least 1/);
    },
  );

  it("refuse a pattern that no path can be", () => {
    expect(() => resolveProxyConfig({ alwaysForward: ["admin"] })).toThrow(
      'PROXY_CONFIG: alwaysForward has "admin"; expected a path that begins with / or *.',
    );
  });
});
