/** What an account may do. */
export type Role = 'shopper' | 'staff';

/** Whoever a request is made for: a signed-in account and the session it signed in with. */
export interface Actor {
  readonly userId: string;
  readonly sessionId: string;
  readonly role: Role;
}
