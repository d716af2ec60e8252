import { describe, expect, it } from "vitest";
import type { Plain } from "../../../src/trace/plain.ts";
import type { RecordId } from "../../../src/trace/record.ts";
import { Scene } from "./scene.ts";

const WITH_COOKIES = { proxy: { monotonicReads: true } };

/** Sessions `c1` and `c2` at nodes that run the proxy. */
function sessions(checker: string, config: Plain = WITH_COOKIES) {
  const scene = new Scene(checker, { program: "ryw-proxy", config });
  const { trace } = scene;
  let puts = 0;
  const call = (node: string, name: string, key: string, value: Plain): RecordId =>
    trace.invoke(node, name, key, value);
  return {
    scene,
    put(node: string, key: string, outcome: "ok" | "info" = "ok", status = 503): string {
      const value = `${node}:${String(++puts)}`;
      trace.complete(node, call(node, "put", key, { value }), outcome, outcome === "ok" ? null : { status });
      return value;
    },
    get: (node: string, key: string, value: string | null) =>
      trace.complete(node, call(node, "get", key, null), "ok", value),
    fail: (node: string, key: string, status: number) =>
      trace.complete(node, call(node, "get", key, null), "fail", { status }),
  };
}

describe("read-your-writes (I20)", () => {
  it("holds while a session is shown its own writes, or an error", () => {
    const { scene, put, get, fail } = sessions("read-your-writes");
    const first = put("c1", "k");
    get("c1", "k", first);
    const second = put("c1", "k");
    fail("c1", "k", 504);
    get("c1", "k", second);
    // Another session has no claim to it.
    get("c2", "k", null);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("is violated by an older value", () => {
    const { scene, put, get } = sessions("read-your-writes");
    scene.at(1_000);
    const first = put("c1", "k");
    scene.at(2_000);
    const second = put("c1", "k");
    scene.at(3_000);
    const record = get("c1", "k", first);
    expect(scene.violation()).toMatchObject({
      record,
      nodes: ["c1"],
      message: `c1 wrote "${second}" to "k", acknowledged at 2.000 s, and was shown "${first}" at 3.000 s`,
    });
  });

  it.each([
    ["nothing", null],
    ["what nobody wrote", "mars"],
  ])("is violated by %s", (_, value) => {
    const { scene, put, get } = sessions("read-your-writes");
    put("c1", "k");
    const record = get("c1", "k", value);
    expect(scene.violation()).toMatchObject({ record });
  });

  it("does not count what may not have happened, and takes it when it shows", () => {
    const { scene, put, get } = sessions("read-your-writes");
    const sure = put("c1", "k");
    const unsure = put("c1", "k", "info");
    get("c1", "k", sure);
    get("c1", "k", unsure);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("forgets what a session was told is lost, whichever request told it", () => {
    for (const tell of ["get", "put"] as const) {
      const { scene, put, get, fail } = sessions("read-your-writes");
      put("c1", "k");
      if (tell === "get") fail("c1", "other", 409);
      else put("c1", "other", "info", 409);
      get("c1", "k", null);
      const again = put("c1", "k");
      get("c1", "k", again);
      expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
    }
  });

  it("does not take another error for one that says so", () => {
    const { scene, put, get, fail } = sessions("read-your-writes");
    put("c1", "k");
    fail("c1", "k", 504);
    get("c1", "k", null);
    expect(scene.verdict().verdict).toBe("violated");
  });

  it("forgets the session of a client that ends, and the place of what it was writing", () => {
    const { scene, put, get } = sessions("read-your-writes");
    put("c1", "k");
    const { trace } = scene;
    trace.invoke("c1", "put", "k", { value: "late" });
    scene.process("c1", "down", "kill");
    scene.process("c1", "up", "restart");
    get("c1", "k", null);
    put("c1", "k");
    get("c1", "k", "late");
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  it("forgets what is older than a cookie", () => {
    const { scene, put, get } = sessions("read-your-writes");
    put("c1", "k");
    scene.at(270_001);
    get("c1", "k", null);
    expect(scene.verdict(300_000).judged).toBe(0);
  });

  it("judges nothing where the proxy is passed by, or there is none", () => {
    const passed = sessions("read-your-writes", { proxy: { passthrough: ["/kv/*"] } });
    expect(passed.scene.verdict().reason).toBe("some paths pass the proxy by (passthrough)");
    expect(new Scene("read-your-writes").verdict().reason).toBe("no node runs ryw-proxy");
  });
});

describe("monotonic-reads (I21)", () => {
  it("holds while nothing older than what was seen is shown, own or not", () => {
    const { scene, put, get } = sessions("monotonic-reads");
    get("c2", "k", null);
    const first = put("c1", "k");
    const second = put("c1", "k");
    for (const value of [first, second, second]) get("c2", "k", value);
    get("c1", "k", first);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 3 });
  });

  it("is violated by an older value than one that was seen", () => {
    const { scene, put, get } = sessions("monotonic-reads");
    const first = put("c1", "k");
    const second = put("c1", "k");
    scene.at(1_000);
    const seen = get("c2", "k", second);
    scene.at(2_000);
    const record = get("c2", "k", first);
    expect(scene.violation()).toMatchObject({
      record,
      message: `c2 saw "${second}" of "k" at 1.000 s, and the older "${first}" at 2.000 s`,
      related: [seen, record - 1],
    });
  });

  it("is violated by nothing after something", () => {
    const { scene, put, get } = sessions("monotonic-reads");
    get("c2", "k", put("c1", "k"));
    get("c2", "k", null);
    expect(scene.violation().observed).toBe("null");
  });

  it("begins anew with a session that was told of a loss", () => {
    const { scene, put, get, fail } = sessions("monotonic-reads");
    get("c2", "k", put("c1", "k"));
    fail("c2", "k", 409);
    get("c2", "k", null);
    get("c2", "k", null);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  it("judges nothing where readers get no cookie", () => {
    const { scene } = sessions("monotonic-reads", {});
    expect(scene.verdict().reason).toBe("readers get no cookie (proxy: monotonicReads)");
  });
});

const head = { session: "c1#1", method: "GET", path: "/kv/a", headers: [], body: "" } as const;

/** Requests at the proxy of `n1`. */
function requests(config: Plain = {}) {
  const scene = new Scene("proxied-requests-end", { program: "ryw-proxy", config });
  return {
    scene,
    arrive: (id: number, hop = "client", from = "c1") =>
      scene.tell(from, "n1", { type: "http.request", hop, id, ...head }),
    pass: (id: number, hop = "target", to = "n1") => scene.send("n1", to, { type: "http.request", hop, id, ...head }),
    answer: (id: number, hop = "client", to = "c1") =>
      scene.send("n1", to, { type: "http.response", hop, id, status: 200, session: "c1#1", headers: [], body: "" }),
  };
}

describe("proxied-requests-end (I49)", () => {
  it("holds for requests that are answered, or passed on and then answered", () => {
    const { scene, arrive, pass, answer } = requests();
    scene.at(1_000);
    arrive(1);
    scene.at(6_000);
    answer(1);
    arrive(2);
    scene.at(11_000);
    pass(2);
    scene.at(40_000);
    answer(2);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });

  it("is violated by a request that waits for more than 5 s", () => {
    const { scene, arrive } = requests();
    scene.at(1_000);
    const record = arrive(1);
    expect(scene.violation()).toMatchObject({
      record,
      time: 6_100_000,
      message: "n1 got GET /kv/a from c1 at 1.000 s, and at 6.100 s it is neither answered nor passed on",
    });
  });

  it("is violated by one that was passed on, and is not answered in 30 s", () => {
    const { scene, arrive, pass } = requests();
    scene.at(1_000);
    arrive(1, "primary", "n2");
    scene.at(2_000);
    pass(1);
    expect(scene.violation(40_000)).toMatchObject({ time: 32_100_000 });
  });

  it("does not take the application's answer for the proxy's", () => {
    const { scene, arrive, pass, answer } = requests();
    arrive(1);
    pass(1);
    answer(1, "target", "n1");
    expect(scene.verdict().verdict).toBe("violated");
  });

  it("goes by the limits of the configuration", () => {
    const { scene, arrive, answer } = requests({ proxy: { readTimeoutMs: 500, primaryTimeoutMs: 200 } });
    arrive(1);
    scene.at(700);
    answer(1);
    expect(scene.violation().time).toBe(600_000);
  });

  it("goes by the node's own clock, however slow", () => {
    const { scene, arrive, answer } = requests();
    scene.clock("n1", -100_000);
    arrive(1);
    scene.at(5_600);
    answer(1);
    expect(scene.verdict().verdict).toBe("holds");
  });

  it("does not count the time of a pause, and wants what fell due done at once", () => {
    for (const isDone of [true, false]) {
      const { scene, arrive, answer } = requests();
      arrive(1);
      scene.at(2_000).process("n1", "paused", "pause");
      scene.at(20_000).process("n1", "up", "resume");
      scene.at(20_050);
      if (isDone) answer(1);
      scene.at(20_200).process("n2", "down", "crash");
      expect(scene.verdict().verdict).toBe(isDone ? "holds" : "violated");
    }
  });

  it("expects nothing of a process that is down, and judges what comes to its next life", () => {
    const { scene, arrive, answer } = requests();
    arrive(1);
    scene.at(2_000).process("n1", "down", "crash");
    scene.at(30_000).process("n1", "up", "restart");
    arrive(1);
    answer(1);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 1 });
  });

  it("expects one answer to a request that comes several times, and none to one that is over", () => {
    const { scene, arrive, answer } = requests();
    arrive(1);
    arrive(1);
    answer(1);
    arrive(2);
    answer(2);
    arrive(1);
    expect(scene.verdict()).toMatchObject({ verdict: "holds", judged: 2 });
  });
});
