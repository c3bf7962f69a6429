// What becomes of mails, and how to reach the mail server.
import { ConfigError } from '../errors.ts';
import {
  type ConfigSources,
  fileOf,
  integer,
  loopbackHosts,
  oneOf,
  optional,
} from '../config-sources.ts';

/** What becomes of mails; `none` leaves them in the outbox. */
export const mailDeliveries = ['none', 'smtp', 'log', 'log-with-token'] as const;

const tlsModes = ['starttls', 'implicit', 'off'] as const;

/** RFC 6409 (submission) and RFC 8314 (with TLS from the start). */
const defaultPorts = { starttls: 587, implicit: 465, off: 25 } as const;

/** One address, with or without a name before it; control characters could begin another header. */
const fromPattern = /^(?:[^<>@,\p{Cc}]{1,100} )?<?[^\s<>@\p{Cc}]{1,64}@[a-z0-9.-]{1,253}>?$/iu;

/** A mail server. */
export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** `off` only on this machine. */
  readonly tls: (typeof tlsModes)[number];
  /** Certificates that sign the server's; undefined: those that Node trusts. */
  readonly ca: string | undefined;
  readonly user: string | undefined;
  readonly password: string;
  readonly from: string;
}

/** What becomes of mails. */
export type MailConfig =
  | { readonly delivery: 'none' | 'log' | 'log-with-token' }
  | { readonly delivery: 'smtp'; readonly smtp: SmtpSettings };

function required(sources: ConfigSources, name: string, example: string): string {
  const value = optional(sources, name);
  if (value !== undefined) return value;
  throw new ConfigError(
    `${name} is not set, but MAIL_DELIVERY is smtp: give it, such as ${example}`,
  );
}

function smtpSettings(sources: ConfigSources): SmtpSettings {
  const host = required(sources, 'SMTP_HOST', 'smtp.example.com');
  const tls = oneOf(sources, 'SMTP_TLS', { fallback: 'starttls', choices: tlsModes });
  if (tls === 'off' && !loopbackHosts.includes(host)) {
    throw new ConfigError(
      `SMTP_TLS: "off" is for a server on this machine, not for ${host}: use starttls or implicit`,
    );
  }
  const from = required(sources, 'MAIL_FROM', '"Dhaka Shop <shop@example.com>"');
  if (!fromPattern.test(from)) {
    throw new ConfigError('MAIL_FROM is not one address such as Dhaka Shop <shop@example.com>');
  }
  const user = optional(sources, 'SMTP_USER');
  const password =
    fileOf(sources, 'SMTP_PASSWORD_FILE')?.trimEnd() ?? optional(sources, 'SMTP_PASSWORD') ?? '';
  if ((user === undefined) !== (password === '')) {
    throw new ConfigError(
      'SMTP_USER and SMTP_PASSWORD (or SMTP_PASSWORD_FILE) belong together: give both or none',
    );
  }
  const port = integer(sources, 'SMTP_PORT', { fallback: defaultPorts[tls], min: 1, max: 65_535 });
  return { host, port, tls, ca: fileOf(sources, 'SMTP_CA_FILE'), user, password, from };
}

/**
 * Reads what becomes of mails. In production nobody may find tokens in the log, nor wait for mails that only the log gets.
 * @throws ConfigError naming the variable
 */
export function mailConfig(sources: ConfigSources): MailConfig {
  const delivery = oneOf(sources, 'MAIL_DELIVERY', { fallback: 'none', choices: mailDeliveries });
  if (delivery === 'smtp') return { delivery, smtp: smtpSettings(sources) };
  if (delivery !== 'none' && optional(sources, 'NODE_ENV') === 'production') {
    throw new ConfigError(
      `MAIL_DELIVERY: "${delivery}" is for development, NODE_ENV is production: use smtp or none`,
    );
  }
  return { delivery };
}
