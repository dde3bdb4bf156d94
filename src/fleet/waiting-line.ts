/** First come, first served; but every other place goes to those who are wanted, while there are any. */
export class WaitingLine<T> {
  private readonly wanted = new Set<T>();
  private readonly others = new Set<T>();
  private wantedNext = true;

  get size(): number {
    return this.wanted.size + this.others.size;
  }

  join(one: T, isWanted: boolean): void {
    (isWanted ? this.wanted : this.others).add(one);
  }

  /** Moves one that waits among the wanted, behind those who are there. */
  want(one: T): void {
    if (this.others.delete(one)) this.wanted.add(one);
  }

  leave(one: T): void {
    if (!this.wanted.delete(one)) this.others.delete(one);
  }

  /** Takes out whose turn it is; `undefined`: nobody waits. */
  next(): T | undefined {
    const [first, second] = this.wantedNext ? [this.wanted, this.others] : [this.others, this.wanted];
    const line = first.size > 0 ? first : second;
    const [one] = line;
    if (one === undefined) return undefined;
    this.wantedNext = line === this.others;
    line.delete(one);
    return one;
  }
}
