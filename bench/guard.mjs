// `npm run bench:guard`: what the guard costs a request. The same application with and without it takes turns in this very process;
// requests are handed to the framework without a socket, whose noise is larger than what is measured. What counts is time of the
// processor: other processes of the machine do not make the guard dearer.
import { IncomingMessage, ServerResponse } from "node:http";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { createSplitBrainGuard, silentObserver } from "../dist/system/components/guard/index.js";
import { SplitBrainCoordinator } from "../dist/system/components/split-brain/index.js";
import { expressGuard, fastifyGuard, honoGuard, SystemClock, SystemTimers } from "../dist/system/live/index.js";

const ROUNDS = Number(process.env.BENCH_RUNS ?? 25);
const REQUESTS = 1_000;
const LIMIT_US = 20;

const clock = new SystemClock();
/** A healthy primary: the coordinator asks its detector at every check, as in production. */
function healthyGuard() {
  const coordinator = new SplitBrainCoordinator({
    detector: {
      hasQuorum: () => true,
      canCommitWrites: () => true,
      lastHeartbeatFrom: () => 0,
      detectStaleLeadership: () => false,
    },
    resolver: {
      fenceWriteAccess: async () => {},
      applyResolutionStrategy: async () => {},
      restoreWriteAccess: async () => {},
    },
    failover: {
      state: "primary",
      leaderElection: { demoteFromLeader: () => {}, isLeaderElected: () => true },
      coordinateTransition: () => {},
    },
    clock,
    observer: silentObserver,
  });
  return createSplitBrainGuard({ coordinator, clock, timers: new SystemTimers(), primary: { isPrimary: () => true } });
}

function expressApp(guard) {
  const app = express();
  if (guard !== undefined) app.use(expressGuard(guard));
  app.all("/users", (_, response) => response.end("ok"));
  return (method) =>
    new Promise((resolve, reject) => {
      const request = new IncomingMessage(null);
      request.method = method;
      request.url = "/users";
      const response = new ServerResponse(request);
      response.end = (body) => resolve(body);
      app(request, response, reject);
    });
}

function fastifyApp(guard) {
  const app = fastify();
  if (guard !== undefined) app.addHook("onRequest", fastifyGuard(guard));
  app.route({ method: ["GET", "POST"], url: "/users", handler: async () => "ok" });
  return async (method) => (await app.inject({ method, url: "/users" })).body;
}

function honoApp(guard) {
  const app = new Hono();
  if (guard !== undefined) app.use(honoGuard(guard));
  app.on(["GET", "POST"], "/users", (c) => c.text("ok"));
  return async (method) => (await app.fetch(new globalThis.Request("http://localhost/users", { method }))).text();
}

async function microseconds(request, method) {
  const begin = process.cpuUsage();
  for (let i = 0; i < REQUESTS; i++) await request(method);
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / REQUESTS;
}

function median(values) {
  return values.toSorted((x, y) => x - y)[Math.floor(values.length / 2)];
}

let isFailed = false;
console.log(`Node ${process.version}, medians of ${ROUNDS} rounds of ${REQUESTS} requests, µs a request.\n`);
console.log(`${"".padEnd(16)}${"without".padStart(9)}${"with".padStart(9)}${"the guard".padStart(11)}`);
for (const [name, make] of Object.entries({ express: expressApp, fastify: fastifyApp, hono: honoApp })) {
  const guard = healthyGuard();
  await guard.start();
  const plain = make();
  const guarded = make(guard);
  for (const method of ["GET", "POST"]) {
    if ((await plain(method)) !== "ok" || (await guarded(method)) !== "ok")
      throw new Error(`${name} ${method} gave no ok`);
    for (const request of [plain, guarded, plain, guarded]) await microseconds(request, method);
    const without = [];
    const withGuard = [];
    for (let round = 0; round < ROUNDS; round++) {
      without.push(await microseconds(plain, method));
      withGuard.push(await microseconds(guarded, method));
    }
    const cost = median(withGuard.map((us, round) => us - without[round]));
    const isMet = cost < LIMIT_US;
    if (!isMet) isFailed = true;
    const columns = [median(without), median(withGuard), cost].map((us, i) => us.toFixed(1).padStart(i === 2 ? 11 : 9));
    console.log(
      `${`${name} ${method}`.padEnd(16)}${columns.join("")}   gate < ${LIMIT_US}: ${isMet ? "met" : "NOT MET"}`,
    );
  }
  guard.stop();
}
process.exitCode = isFailed ? 1 : 0;
