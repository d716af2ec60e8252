/** Something that happened, for any number of receivers, as Django's signals are. */
export class Signal<Payload> {
  readonly #receivers = new Set<(payload: Payload) => void>();

  /** Adds a receiver; the same function is added once. @returns a function that takes it away. */
  connect(receiver: (payload: Payload) => void): () => void {
    this.#receivers.add(receiver);
    return () => {
      this.#receivers.delete(receiver);
    };
  }

  /**
   * Calls every receiver, in the order in which they came.
   *
   * @returns what receivers threw: none keeps the others from being called.
   */
  send(payload: Payload): unknown[] {
    const errors: unknown[] = [];
    for (const receiver of [...this.#receivers]) {
      try {
        receiver(payload);
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }
}
