/** A map that forgets what came first when there is more than it may hold. */
export class NewestEntries<Key, Value> extends Map<Key, Value> {
  constructor(private readonly most: number) {
    super();
  }

  override set(key: Key, value: Value): this {
    if (this.size >= this.most && !this.has(key)) this.forgetFirst();
    return super.set(key, value);
  }

  private forgetFirst(): void {
    for (const key of this.keys()) {
      this.delete(key);
      return;
    }
  }
}
