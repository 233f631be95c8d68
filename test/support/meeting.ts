/** Makes a place to meet: the first `count` callers wait there for each other, later ones pass at once. */
export function meeting(count: number): () => Promise<void> {
  let waiting = 0;
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return async () => {
    if (++waiting >= count) open();
    await opened;
  };
}
