/** How much of something is allowed in how long. */
export interface Allowance {
  readonly requests: number;
  readonly windowSeconds: number;
}

/** One event to count. */
export interface CountedEvent {
  /** What is limited, such as `login` or `login-account`. */
  readonly name: string;
  /** Whose counter it is. */
  readonly key: string;
  readonly allowance: Allowance;
  readonly now: Date;
}

/** What a counter says after the event. */
export interface Count {
  readonly isAllowed: boolean;
  /** Events of this window, this one among them. */
  readonly consumed: number;
  /** Until the window ends. */
  readonly resetSeconds: number;
}

/** Counters with fixed windows. Never throw. */
export interface Counters {
  consume(event: CountedEvent): Promise<Count>;
  forget(name: string, key: string): Promise<void>;
}
