import { describe, expect, it } from "vitest";
import { beginning, ending, type ToldFault } from "../../../src/lab/run/story-words.ts";

const told = (kind: string, groups: readonly (readonly string[])[], spec: object = {}): ToldFault => ({
  id: "f",
  kind,
  spec: spec as ToldFault["spec"],
  groups,
});

describe("words for faults", () => {
  it.each<[ToldFault, string, string]>([
    [told("partition", [["n1"]], { shape: "mute" }), "Nobody hears n1 any more.", "The network heals."],
    [
      told("partition", [["n1", "n2", "n3"]], { shape: "majorities-ring" }),
      "Each of n1, n2 and n3 hears another majority.",
      "The network heals.",
    ],
    [
      told("partition", [["n1", "n2"], ["n4"], ["n3"]], { shape: "hub-loss" }),
      "The hub n3 is lost; left are n1 n2 | n4.",
      "The network heals.",
    ],
    [
      told("partition", [["n3"]], { shape: "hub-loss" }),
      "The hub n3 is lost; nobody hears anybody.",
      "The network heals.",
    ],
    [
      told("partition", [["n1"], ["n2", "n3"]], { shape: "random-halves" }),
      "The network splits in halves: n1 | n2 n3.",
      "The network heals.",
    ],
    [told("blackhole", [["n1"]]), "Messages of n1 begin to vanish without a word.", "The network is as before."],
    [told("burst-loss", []), "Messages between nodes begin to get lost in bursts.", "The network is as before."],
    [
      told("bandwidth", [["n1"]], { rate: "64kB/s" }),
      "Links of n1 become narrow (64kB/s).",
      "The network is as before.",
    ],
    [
      told("queue-limit", [["n1"]], { messages: 20 }),
      "Of messages of n1 only 20 fit on a link at once.",
      "The network is as before.",
    ],
    [told("corrupt", []), "Messages between nodes begin to arrive altered.", "The network is as before."],
    [
      told("strobe", [["n1"]], { offset: "2s" }),
      "The wall clock of n1 jumps by +2s and back, again and again.",
      "The clock of n1 is set right.",
    ],
    [told("freeze", [["n1"]]), "The wall clock of n1 stands still.", "The wall clock of n1 runs again."],
    [
      told("smear", [["n1"]], { by: "-1s" }),
      "The wall clock of n1 moves slowly by −1s.",
      "The clock of n1 is set right.",
    ],
    [
      told("wrong-at-boot", [["n1"]], { offset: "-1h" }),
      "From now on the wall clock of n1 is off by −1h after a boot.",
      "The clock of n1 is set right.",
    ],
    [told("restart-loop", [["n1"]]), "n1 goes down soon after each start.", "n1 stays up again."],
    [told("slow", [["n1"]], { factor: 100 }), "n1 becomes slow (100 times).", "n1 is as fast as before."],
    [told("hold", []), "Messages between nodes are held back.", "Messages between nodes that were held back arrive."],
    [told("release", [["n1"]]), "Messages of n1 that were held back arrive.", ""],
    [told("wipe", [["n1", "n2"]]), "n1 and n2 lose their disks.", "n1 and n2 start again."],
    [told("disk-full", [["n1"]]), "The disk of n1 is full.", "The disk of n1 has room again."],
    [
      told("disk-fsync-fails", [["n1"]]),
      "Syncs of the disk of n1 begin to fail.",
      "Syncs of the disk of n1 succeed again.",
    ],
    [told("disk-read-only", [["n1"]]), "The disk of n1 takes no more changes.", "The disk of n1 takes changes again."],
    [told("disk-stuck", [["n1"]]), "The disk of n1 is stuck.", "The disk of n1 goes on."],
    [told("bit-rot", [["n1"]]), "Bits rot on the disk of n1.", ""],
    [
      told("order", [["n1"]], { order: { type: "raft.reconfigure", remove: ["n2", "n3"], weights: { n1: 2 } } }),
      'n1 is told: raft.reconfigure, remove n2 n3, weights {"n1":2}.',
      "",
    ],
    [
      told("dns-stale", [["n1", "n2"], ["n3"]]),
      "n1 and n2 can no longer resolve the name n3.",
      "The name n3 is resolved as before.",
    ],
    [
      told("dns-stale", [["n1"], ["n3"], ["n4"]]),
      "n1 resolves the name n3 to n4.",
      "The name n3 is resolved as before.",
    ],
  ])("tell how %o begins and ends", (fault, begins, ends) => {
    expect([beginning(fault), ending(fault)]).toEqual([begins, ends]);
  });
});
