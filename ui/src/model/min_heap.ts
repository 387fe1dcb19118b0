/** Numbers of which one always wants the least. */
export class MinHeap {
  private readonly items: number[] = [];

  get size(): number {
    return this.items.length;
  }

  /** NaN if there is none. */
  get least(): number {
    return this.items[0] ?? NaN;
  }

  clear(): void {
    this.items.length = 0;
  }

  push(value: number): void {
    const { items } = this;
    let place = items.length;
    items.push(value);
    while (place > 0) {
      const up = (place - 1) >> 1;
      if (items[up]! <= value) break;
      items[place] = items[up]!;
      place = up;
    }
    items[place] = value;
  }

  /** Takes the least away. */
  pop(): number {
    const { items } = this;
    const least = this.least;
    const last = items.pop();
    if (last === undefined || items.length === 0) return least;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && items[below + 1]! < items[below]!) below++;
      if (items[below]! >= last) break;
      items[place] = items[below]!;
      place = below;
    }
    items[place] = last;
    return least;
  }
}
