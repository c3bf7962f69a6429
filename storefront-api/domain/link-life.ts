// How long links in mails work. What the shop does and what its mails say both come from here.

/** To choose a new password, in minutes. */
export const resetLifeMinutes = 30;

/** To verify an address, in hours. */
export const verificationLifeHours = 24;
