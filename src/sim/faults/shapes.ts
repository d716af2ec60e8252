/** How a partition cuts a set of nodes, its targets resolved. */
export interface Shape {
  readonly shape:
    | "split"
    | "isolate"
    | "one-way"
    | "deaf"
    | "mute"
    | "bridge"
    | "majorities-ring"
    | "hub-loss"
    | "chain"
    | "random-halves"
    | "links";
  /**
   * `split`, `random-halves`: the sides. `isolate`, `deaf`, `mute`: the nodes. `one-way`: who hears, who does not. `bridge`: the sides and, last, the
   * bridge. `hub-loss`: the sites and, last, the hub. `majorities-ring`, `chain`: the nodes in order. `links`: sender, receiver, sender, receiver …
   */
  readonly groups: readonly (readonly string[])[];
  /** `links`: whether each pair is cut in both directions. */
  readonly both?: boolean;
}

/** A directed link: sender, receiver. */
export type Link = readonly [from: string, to: string];

/** The directed links a shape cuts; each once. Nodes outside all its groups keep their links, but for `isolate`, `deaf` and `mute`. */
export function cutLinks(shape: Shape, nodes: readonly string[]): Link[] {
  const links = new Map<string, Link>();
  for (const [from, to] of everyCut(shape, nodes)) if (from !== to) links.set(`${from}>${to}`, [from, to]);
  return [...links.values()];
}

function everyCut(shape: Shape, nodes: readonly string[]): Link[] {
  const { groups } = shape;
  const [first = [], second = []] = groups;
  switch (shape.shape) {
    case "split":
    case "random-halves":
      return between(groups);
    case "hub-loss":
      return hubLoss(groups, nodes);
    case "majorities-ring":
      return first.flatMap((listener, i) => pairs(outsideOfMajority(first, i), [listener]));
    case "bridge":
      return between(groups.slice(0, -1));
    case "isolate":
      return [...pairs(first, nodes), ...pairs(nodes, first)];
    case "deaf":
      return pairs(nodes, first);
    case "mute":
      return pairs(first, nodes);
    case "one-way":
      return pairs(first, second);
    case "chain":
      return first.flatMap((node, i) =>
        first.filter((_, j) => Math.abs(i - j) > 1).map((other): Link => [node, other]),
      );
    case "links":
      return groups.flatMap((senders, i) => {
        if (i % 2 === 1) return [];
        const receivers = groups[i + 1] ?? [];
        return shape.both === true ? between([senders, receivers]) : pairs(senders, receivers);
      });
  }
}

/** Without sites of its own every other node is a site. */
function hubLoss(groups: readonly (readonly string[])[], nodes: readonly string[]): Link[] {
  const hub = groups.at(-1) ?? [];
  const sites =
    groups.length > 1 ? groups.slice(0, -1) : nodes.filter((node) => !hub.includes(node)).map((node) => [node]);
  return [...between([...sites, hub]), ...pairs(hub, nodes), ...pairs(nodes, hub)];
}

/** Nodes beyond the smallest majority around place `i` of a ring, itself in the middle. */
function outsideOfMajority(ring: readonly string[], i: number): string[] {
  const size = Math.floor(ring.length / 2) + 1;
  const before = Math.floor((size - 1) / 2);
  return ring.filter((_, j) => (j - i + before + ring.length) % ring.length >= size);
}

/** Both directions between every two groups. */
function between(groups: readonly (readonly string[])[]): Link[] {
  return groups.flatMap((group, i) => groups.flatMap((other, j) => (i === j ? [] : pairs(group, other))));
}

function pairs(senders: readonly string[], receivers: readonly string[]): Link[] {
  return senders.flatMap((from) => receivers.map((to): Link => [from, to]));
}

/** Who hears whom: row = listener, column = speaker, in the order of `nodes`. Everybody hears itself. */
export function hearingMatrix(shape: Shape, nodes: readonly string[]): boolean[][] {
  const cut = new Set(cutLinks(shape, nodes).map(([from, to]) => `${from}>${to}`));
  return nodes.map((listener) => nodes.map((speaker) => !cut.has(`${speaker}>${listener}`)));
}

/** A matrix as text: one line a listener, `x` where it hears, `.` where it does not. */
export function formatHearing(matrix: readonly (readonly boolean[])[], nodes: readonly string[]): string {
  const width = Math.max(...nodes.map((node) => node.length));
  const line = (name: string, cells: readonly string[]): string =>
    [name.padEnd(width), ...cells.map((cell, i) => cell.padStart((nodes[i] as string).length))].join(" ").trimEnd();
  const rows = matrix.map((row, i) =>
    line(
      nodes[i] as string,
      row.map((hears) => (hears ? "x" : ".")),
    ),
  );
  return [line("", nodes), ...rows].join("\n");
}
