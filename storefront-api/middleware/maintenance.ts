// The shop while it is being worked on: the operator writes the mode and the words into the configuration.
import { type Locale, negotiatedLocale } from '../domain/locale.ts';
import { HttpProblem } from '../errors.ts';
import { documentPath } from '../routing/openapi.ts';
import type { Middleware } from './request-state.ts';

/** `spec.maintenance` of the store. */
export interface Maintenance {
  readonly mode: 'Off' | 'ReadOnly' | 'Full';
  /** What shoppers read; empty: the words below. */
  readonly message: Readonly<Record<Locale, string>>;
}

const ordinaryWords: Readonly<Record<Locale, string>> = {
  en: 'the shop is closed for maintenance, please come back soon',
  bn: 'রক্ষণাবেক্ষণের জন্য দোকান বন্ধ আছে, অনুগ্রহ করে একটু পরে আসুন',
};

/** A guess at when to look again; nobody knows how long the work takes. */
const retryAfterSeconds = 120;

const readingMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** Answers the shop's own routes with 503: those that write in ReadOnly, all in Full. Health and the document go on. */
export function underMaintenance({ mode, message }: Maintenance): Middleware {
  return (ctx, next) => {
    const path = ctx.state.route?.path ?? '';
    const isOurs = path.startsWith('/api/') && path !== documentPath;
    const isStopped =
      mode === 'Full' || (mode === 'ReadOnly' && !readingMethods.includes(ctx.method));
    if (!isOurs || !isStopped) return next();
    const locale = negotiatedLocale(undefined, ctx.get('accept-language'));
    throw new HttpProblem([503, 'maintenance'], message[locale] || ordinaryWords[locale], {
      headers: { 'retry-after': String(retryAfterSeconds), 'content-language': locale },
    });
  };
}
