import fc from "fast-check";

/** The seed of a normal run: a test that passes today passes tomorrow. `FC_SEED=$RANDOM npm test` looks elsewhere. */
const FIXED_SEED = 20261121;

const given = process.env["FC_SEED"];
const seed = given === undefined || given === "" ? FIXED_SEED : Number(given);
if (!Number.isSafeInteger(seed)) throw new Error(`FC_SEED is an integer; got "${String(given)}".`);

const runs = process.env["FC_RUNS"];
fc.configureGlobal({
  seed,
  endOnFailure: false,
  ...(runs === undefined || runs === "" ? {} : { numRuns: Number(runs) }),
});
