/** The first signal ends what runs in order, with a partial report; a second one ends the process. */
export function onSignals(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const handlers = (
    [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const
  ).map(([name, code]) => {
    const handler = (): void => {
      if (controller.signal.aborted) process.exit(code);
      controller.abort(code);
    };
    process.on(name, handler);
    return () => process.removeListener(name, handler);
  });
  return {
    signal: controller.signal,
    release() {
      for (const remove of handlers) remove();
    },
  };
}
