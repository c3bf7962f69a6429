// The shop's API as this page uses it. Every failure becomes a Problem; its code names a sentence of words.js.

/** What went wrong. */
export class Problem extends Error {
  constructor(code, detail = '', errors = []) {
    super(detail || code);
    this.code = code;
    /** Sentence of the API: in English, but for a shop that is closed, whose owner's words are in the language asked for. */
    this.detail = detail;
    /** Wrong fields: `{ path, message }`. */
    this.errors = errors;
  }
}

const patienceMs = 20_000;

async function ask(url, init) {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(patienceMs) });
  } catch {
    throw new Problem('unreachable');
  }
}

/** What an answer holds; undefined when it ends early or is no JSON. */
async function json(answer) {
  try {
    return await answer.json();
  } catch {
    return undefined;
  }
}

/** Reads where the API is: a path of this origin, or another origin. */
export async function apiAt(configUrl) {
  const answer = await ask(configUrl);
  const { apiBaseUrl } = (answer.ok ? await json(answer) : undefined) ?? {};
  if (typeof apiBaseUrl !== 'string' || !/^(\/|https:\/\/)/.test(apiBaseUrl))
    throw new Problem('wrong-config');
  return new Api(apiBaseUrl);
}

class Api {
  #base;

  constructor(base) {
    this.#base = base.replace(/\/$/, '');
  }

  products(locale, cursor) {
    return this.#call('/products', { locale, fields: { limit: 24, cursor } });
  }

  product(slug, locale) {
    return this.#call(`/products/${encodeURIComponent(slug)}`, { locale });
  }

  cart(locale) {
    return this.#call('/cart', { locale });
  }

  addLine(sku, locale) {
    return this.#call('/cart/lines', { method: 'POST', locale, body: { sku, quantity: 1 } });
  }

  removeLine(sku, locale) {
    return this.#call(`/cart/lines/${encodeURIComponent(sku)}`, { method: 'DELETE', locale });
  }

  /** The same key for each attempt at the same order: it is placed once. */
  checkout(body, key, locale) {
    const headers = { 'idempotency-key': key };
    return this.#call('/checkout', { method: 'POST', locale, body, headers });
  }

  async #call(path, { method = 'GET', locale, fields = {}, body, headers = {} }) {
    const isJson = body !== undefined;
    const answer = await ask(`${this.#base}${path}?${query({ locale, ...fields })}`, {
      method,
      // The query is for what is read; what a closed shop says goes by the header.
      headers: {
        'accept-language': locale,
        ...headers,
        ...(isJson && { 'content-type': 'application/json' }),
      },
      ...(isJson && { body: JSON.stringify(body) }),
    });
    const content = await json(answer);
    if (!answer.ok) throw problemOf(answer.status, content ?? {});
    // Done or not, nobody knows: as without an answer, the next attempt must be the same one.
    if (content === undefined) throw new Problem('unreachable');
    return content;
  }
}

function problemOf(status, { type = '', detail, errors }) {
  return new Problem(String(type).split(':').at(-1) || String(status), detail, errors);
}

function query(fields) {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return new URLSearchParams(given);
}
