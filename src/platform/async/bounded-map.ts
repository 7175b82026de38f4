/** A map of limited size, which evicts its oldest entry to insert another one (FIFO). */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  constructor(private readonly maxEntries: number) {
    super();
  }

  override set(key: Key, value: Value): this {
    if (this.size >= this.maxEntries && !this.has(key)) this.evictOldest();
    return super.set(key, value);
  }

  private evictOldest(): void {
    for (const key of this.keys()) {
      this.delete(key);
      return;
    }
  }
}
