// What the verdict on a store is made of: how one of its parts does.

/** A reason for a person to look, as a condition tells it. */
export interface Explanation {
  readonly reason: string;
  readonly message: string;
}

/** How a part of a store does, whatever it consists of. */
export interface PartHealth {
  /** `Deployment dhaka-api` */
  readonly subject: string;
  /** What is wrong, or empty. */
  readonly message: string;
  /** It does its work, be it with what an earlier spec asked for. */
  readonly serves: boolean;
  /** It is what the present spec asks for. */
  readonly isRolledOut: boolean;
  /** Why it will not get better by itself. */
  readonly stuck?: Explanation;
}
