// The query string, parsed once and strictly: what two parsers could read differently is refused, so the page cache, the
// validator and a proxy in front always mean the same request.
import { type FieldError, invalidRequest } from '../errors.ts';

/** Longest query string in characters; the header limit of 8 kB would allow more. */
export const maxQueryLength = 2_048;

/** Most parameters of one request. */
export const maxQueryParameters = 32;

/** Stands for itself in a query string, and is nothing that the shop refuses. */
const plainText = /^[\w.~-]*$/;

function decoded(text: string): string | undefined {
  if (plainText.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined; // bad percent-encoding or bytes that are no UTF-8
  }
}

function wrong(path: string, message: string): FieldError {
  return { in: 'query', path, message };
}

function refuse(error: FieldError): never {
  throw invalidRequest('the query string cannot be read', [error]);
}

/** Is there a character that no text of the shop contains? PostgreSQL cannot store NUL at all. */
export function hasForbiddenCharacter(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\uFFFD]/u.test(text) || !text.isWellFormed();
}

/**
 * Fields of a query string. Empty values stay, names are case-sensitive.
 * @param queryString without the question mark
 * @throws HttpProblem 400 naming the parameter
 */
export function parseQuery(queryString: string): Readonly<Record<string, string>> {
  if (queryString.length > maxQueryLength)
    refuse(wrong('', `longer than ${maxQueryLength} characters`));
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  const pairs = queryString === '' ? [] : queryString.split('&');
  if (pairs.length > maxQueryParameters)
    refuse(wrong('', `more than ${maxQueryParameters} parameters`));
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const name = decoded(at === -1 ? pair : pair.slice(0, at));
    const value = decoded(at === -1 ? '' : pair.slice(at + 1));
    if (name === undefined || value === undefined)
      refuse(wrong(name ?? '', 'bad percent-encoding'));
    if (name === '') refuse(wrong('', 'a parameter without a name'));
    if (hasForbiddenCharacter(name)) refuse(wrong('', 'a name with a control character'));
    if (hasForbiddenCharacter(value)) refuse(wrong(name, 'has a control character'));
    if (name in fields) refuse(wrong(name, 'given more than once'));
    fields[name] = value;
  }
  return fields;
}
