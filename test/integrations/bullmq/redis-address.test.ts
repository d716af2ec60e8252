import { describe, expect, it } from "vitest";
import { loadPackages } from "../../../src/integrations/bullmq/connect.ts";
import { parseAddress } from "../../../src/integrations/bullmq/redis-address.ts";

describe("the address of a queue", () => {
  it("is read with what stands for itself", () => {
    expect(parseAddress("redis://127.0.0.1")).toEqual({
      host: "127.0.0.1",
      port: 6379,
      db: 0,
      text: "redis://127.0.0.1:6379",
    });
  });

  it("is told to people without its password", () => {
    expect(parseAddress("rediss://me:s%40crt@[::1]:7000/3")).toEqual({
      host: "::1",
      port: 7000,
      db: 3,
      username: "me",
      password: "s@crt",
      tls: {},
      text: "rediss://[::1]:7000/3",
    });
  });

  it.each(["localhost:6379", "http://host", "redis://", "redis://host/units", "redis://host?family=6", ""])(
    "is not %j",
    (text) => {
      expect(() => parseAddress(text)).toThrow(/--queue FLEET_URL: .*\n {2}Expected redis:\/\//);
    },
  );

  it("shows no password when it is wrong", () => {
    expect(() => parseAddress("redis://me:secret@host/x/y")).toThrow('got "redis://…@host/x/y"');
  });
});

describe("the packages of a fleet", () => {
  it("are asked for by name when they are not installed", async () => {
    const missing = Object.assign(new Error("Cannot find package 'bullmq'"), { code: "ERR_MODULE_NOT_FOUND" });
    await expect(loadPackages(() => Promise.reject(missing))).rejects.toThrow(
      /FLEET_PACKAGE: .*not installed\.\n {2}Expected npm install bullmq ioredis/,
    );
  });

  it("fail as they do when they are installed and broken", async () => {
    await expect(loadPackages(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  });
});
