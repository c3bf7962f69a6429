/** A demo that has been shown and goes on running. */
export interface Demo {
  /** What to try next. */
  readonly advice: string;
  /** Ends everything and leaves nothing behind. */
  stop(): Promise<void>;
}
