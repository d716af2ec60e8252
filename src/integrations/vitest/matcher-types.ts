/**
 * Types of the matchers. They stand at `Chai.Assertion`, which the `Assertion` of vitest 4 and of vitest 5 are both made of: the
 * `Matchers` of one take one type parameter, those of the other two, so that no declaration merges with both.
 */
declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- It is where the types of assertions are extended.
  namespace Chai {
    interface Assertion {
      /** The run passed; with `rule` (`"election-safety"`, `"I08"`), this rule was judged and held. */
      toHold(rule?: string): void;
      /** A rule was broken; with `rule`, this one. */
      toViolate(rule?: string): void;
      /** The rule had something to judge. */
      toHaveExercised(rule: string): void;
      /** The scenario of this run gives the same run, record for record, when it runs again in this process. */
      toBeDeterministic(): Promise<void>;
    }
  }
}

export {};
