import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import type { GuardedDatabase } from "../../src/system/components/guard/guarded-database.ts";
import type { SplitBrainGuard } from "../../src/system/components/guard/split-brain-guard.ts";
import { expressGuard, expressGuardErrors } from "../../src/system/live/express-guard.ts";
import { fastifyGuard, fastifyGuardErrors } from "../../src/system/live/fastify-guard.ts";
import type { GuardHttpOptions } from "../../src/system/live/guard-http.ts";
import { honoGuard, honoGuardErrors } from "../../src/system/live/hono-guard.ts";

/** What an application of the suite is made of. */
export interface AppParts {
  readonly guard: SplitBrainGuard;
  readonly database: GuardedDatabase;
  readonly options: GuardHttpOptions;
  /** Called in the middle of a write's transaction. */
  onWrite(): void;
}

export interface RunningApp {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  close(): Promise<void>;
}

export interface AppKind {
  readonly name: string;
  start(parts: AppParts): Promise<RunningApp>;
}

function insert({ database, onWrite }: AppParts, name: string): { name: string } {
  return database.transaction((statements) => {
    statements.run("INSERT INTO users VALUES (?)", [name]);
    onWrite();
    return { name };
  });
}

function list({ database }: AppParts): unknown[] {
  return database.all("SELECT name FROM users ORDER BY rowid").map((row) => row["name"]);
}

const COOKIES = ["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"];

/** `GET /users` lists, `POST /users` inserts and sets two cookies, `DELETE /users` has no body and empties, `GET /boom` throws. */
export const appKinds: readonly AppKind[] = [
  {
    name: "Express",
    start: async (parts) => {
      const app = express();
      app.use(expressGuard(parts.guard, parts.options));
      app.use(express.json());
      app.get("/users", (_, response) => void response.json(list(parts)));
      app.post("/users", (request, response) => {
        const { name } = request.body as { name: string };
        response.status(201).set("set-cookie", COOKIES).json(insert(parts, name));
      });
      app.delete("/users", (_, response) => {
        parts.database.run("DELETE FROM users");
        response.status(204).end();
      });
      app.get("/boom", () => {
        throw new Error("boom");
      });
      app.use(expressGuardErrors(parts.options));
      app.use((_error: unknown, _request: unknown, response: express.Response, _next: unknown) => {
        response.status(500).send("the application's own");
      });
      return listening(createServer(app));
    },
  },
  {
    name: "Fastify",
    start: async (parts) => {
      const app = fastify();
      app.addHook("onRequest", fastifyGuard(parts.guard, parts.options));
      const handleRefusal = fastifyGuardErrors(parts.options);
      app.setErrorHandler(async (error, request, reply) => {
        try {
          return await handleRefusal(error, request, reply);
        } catch {
          return reply.code(500).send("the application's own");
        }
      });
      app.get("/users", async () => list(parts));
      app.post("/users", async (request, reply) => {
        const { name } = request.body as { name: string };
        return reply.code(201).header("set-cookie", COOKIES).send(insert(parts, name));
      });
      app.delete("/users", async (_, reply) => {
        parts.database.run("DELETE FROM users");
        return reply.code(204).send();
      });
      app.get("/boom", async () => {
        throw new Error("boom");
      });
      await app.listen({ host: "127.0.0.1", port: 0 });
      const { port } = app.server.address() as AddressInfo;
      return { host: `127.0.0.1:${String(port)}`, close: () => app.close() };
    },
  },
  {
    name: "Hono",
    start: async (parts) => {
      const app = new Hono();
      app.use(honoGuard(parts.guard, parts.options));
      app.onError(honoGuardErrors(() => new Response("the application's own", { status: 500 }), parts.options));
      app.get("/users", (c) => c.json(list(parts)));
      app.post("/users", async (c) => {
        const { name } = await c.req.json<{ name: string }>();
        const inserted = insert(parts, name);
        for (const cookie of COOKIES) c.header("set-cookie", cookie, { append: true });
        return c.json(inserted, 201);
      });
      app.delete("/users", (c) => {
        parts.database.run("DELETE FROM users");
        return c.body(null, 204);
      });
      app.get("/boom", () => {
        throw new Error("boom");
      });
      return new Promise((resolve) => {
        const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => {
          resolve({ host: `127.0.0.1:${String(port)}`, close: () => closed(server as Server) });
        });
      });
    },
  },
];

/** Starts a plain server on a free port. */
export async function listening(server: Server): Promise<RunningApp> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${String(port)}`, close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
