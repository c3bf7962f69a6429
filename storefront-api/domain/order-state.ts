// The life of an order as one table. Whoever changes an order asks it; the database's statement takes the answer along
// and does nothing when the order has moved on meanwhile.

/** States in the order of a life that goes well, then the ends. */
export const orderStates = [
  'placed',
  'confirmed',
  'packed',
  'shipped',
  'delivered',
  'cancelled',
  'returned',
] as const;

/** One of them. */
export type OrderState = (typeof orderStates)[number];

/** What is known of the money. */
export type PaymentState = 'due' | 'paid' | 'refunded' | 'failed';

/** Where each state may lead. */
export const orderTransitions: Readonly<Record<OrderState, readonly OrderState[]>> = {
  placed: ['confirmed', 'cancelled'],
  confirmed: ['packed', 'cancelled'],
  packed: ['shipped'],
  shipped: ['delivered', 'returned'],
  delivered: ['returned'],
  cancelled: [],
  returned: [],
};

/** A change of state, ready for the database. */
export interface OrderMove {
  readonly to: OrderState;
  readonly from: readonly OrderState[];
  /** Do the pieces go back into stock? What comes back from a customer is looked at and counted by staff first. */
  readonly restocks: boolean;
  /** What a payment that is due, or paid, becomes. */
  readonly due: PaymentState;
  readonly paid: PaymentState;
}

/** How an order gets into a state. Pure. */
export function orderMove(to: OrderState): OrderMove {
  return {
    to,
    from: orderStates.filter((state) => orderTransitions[state].includes(to)),
    restocks: to === 'cancelled',
    // Cash on delivery is paid at the door.
    due: to === 'delivered' ? 'paid' : 'due',
    paid: to === 'cancelled' || to === 'returned' ? 'refunded' : 'paid',
  };
}
