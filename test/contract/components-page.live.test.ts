import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { componentExamples, exampleFolder, runExample } from "../docs/component-examples.ts";
import { RedisServer } from "./redis-server.ts";

const folder = exampleFolder();
afterAll(() => rmSync(folder, { recursive: true }));

const examples = componentExamples().filter(({ text }) => text.includes('from "ioredis"'));
const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

describe.skipIf(!hasRedis)("the examples of docs/components.md that need a redis-server", () => {
  it.each(examples)("$file prints what the page says", async (example) => {
    const server = await RedisServer.start();
    try {
      const text = example.text.replace("6379", String(server.port));
      const { status, stdout, stderr } = runExample(folder, { ...example, text });
      expect(stdout, stderr).toBe(example.printed);
      expect(status).toBe(0);
    } finally {
      await server.stop();
    }
  });
});
