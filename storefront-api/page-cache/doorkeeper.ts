// Tells what many ask for from what somebody asks for once. A cache that takes everything fills with pages of whoever walks
// through the catalogue, and every one of them costs the garbage collector a place among the old objects. A doorkeeper lets in
// what it has seen before (Einziger, Friedman and Manes: "TinyLFU: A Highly Efficient Cache Admission Policy", 2017, section
// 3.4.2); theirs is a Bloom filter, for these few keys two sets do.

/** Keys of a generation; the last two are remembered. */
const generationSize = 1_024;

/** Remembers what was asked for lately. */
export class Doorkeeper {
  #young = new Set<string>();
  #old = new Set<string>();

  /** Was this asked for lately? From now on it was. */
  hasSeen(key: string): boolean {
    if (this.#young.has(key) || this.#old.has(key)) return true;
    this.#young.add(key);
    if (this.#young.size >= generationSize) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    return false;
  }
}
