// Texts from elsewhere (the kubelet, the scheduler, the API server) end up in the status, which has bounds of its own.

/** Longest message of a component or condition, in UTF-16 units. */
export const maxMessageLength = 1024;
/** Longest part of it that repeats somebody else's message. */
export const maxQuoteLength = 400;
const maxReasonLength = 128;

/** One line of at most `maxLength` units; what was cut off is shown by an ellipsis. Pure. */
export function boundedText(text: string, maxLength: number = maxMessageLength): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= maxLength) return line;
  // A cut inside a surrogate pair would leave half a character.
  return `${line.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** The end of a text, which of a log says most, on one line. Pure. */
export function lastWords(text: string, maxLength: number = maxQuoteLength): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= maxLength) return line;
  return `…${line.slice(1 - maxLength).replace(/^[\uDC00-\uDFFF]/, '')}`;
}

/** A reason as a condition may hold it. Pure. */
export function boundedReason(reason: string): string {
  return reason.slice(0, maxReasonLength) || 'ReconcileFailed';
}
