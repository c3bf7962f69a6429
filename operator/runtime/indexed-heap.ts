// A binary heap whose items know their own place, so that an item can be moved or taken out in logarithmic time. The work
// queue needs that: adding a key again may bring its time forward, and a user's edit may raise its priority.

/** An item of a heap. It can be in one heap at a time. */
export interface HeapItem {
  /** Written by the heap only; start it with -1. */
  heapIndex: number;
}

/** The smallest item first, by the order given. */
export class IndexedHeap<Item extends HeapItem> {
  readonly #isBefore: (a: Item, b: Item) => boolean;
  readonly #items: Item[] = [];

  constructor(isBefore: (a: Item, b: Item) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  has(item: Item): boolean {
    return this.#items[item.heapIndex] === item;
  }

  /** The first item, left in place. */
  peek(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** Takes the first item out. */
  pop(): Item | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Takes an item out, wherever it is; does nothing when it is not in this heap. */
  remove(item: Item): void {
    if (!this.has(item)) return;
    const index = item.heapIndex;
    const last = this.#items.pop() as Item;
    item.heapIndex = -1;
    if (last === item) return;
    this.#place(last, index);
    this.update(last);
  }

  /** Moves an item to its place after what it is ordered by has changed. */
  update(item: Item): void {
    if (!this.#rise(item, item.heapIndex)) this.#sink(item, item.heapIndex);
  }

  #place(item: Item, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }

  /** @returns whether the item moved */
  #rise(item: Item, from: number): boolean {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#items[parentIndex] as Item;
      if (!this.#isBefore(item, parent)) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(item, index);
    return index !== from;
  }

  #sink(item: Item, from: number): void {
    let index = from;
    for (;;) {
      const child = this.#firstChild(index);
      if (child === undefined || !this.#isBefore(child, item)) break;
      const childIndex = child.heapIndex;
      this.#place(child, index);
      index = childIndex;
    }
    this.#place(item, index);
  }

  #firstChild(index: number): Item | undefined {
    const left = this.#items[2 * index + 1];
    const right = this.#items[2 * index + 2];
    if (left === undefined || right === undefined) return left;
    return this.#isBefore(right, left) ? right : left;
  }
}
