/** Random numbers of one node. In the simulator a stream of the run's seed; live, the operating system's. */
export interface Random {
  /** Uniform integer, 0…2^32−1. */
  uint32(): number;
  /** Uniform integer, `min`…`max` inclusive; both safe integers, `max − min` < 2^32. */
  integer(min: number, max: number): number;
}
