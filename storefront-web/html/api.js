// The shop's API as this page uses it. Every failure becomes a Problem with a code that words.js has a sentence for.

/** What went wrong. */
export class Problem extends Error {
  constructor(code, detail = '', errors = []) {
    super(detail || code);
    this.code = code;
    /** Sentence of the API, in English. */
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

async function json(answer) {
  try {
    return await answer.json();
  } catch {
    return {};
  }
}

/** Reads where the API is: a path of this origin, or another origin. */
export async function apiAt(configUrl) {
  const answer = await ask(configUrl);
  const { apiBaseUrl } = answer.ok ? await json(answer) : {};
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
    return this.#call(`/products?${query({ locale, limit: 24, cursor })}`);
  }

  product(slug, locale) {
    return this.#call(`/products/${encodeURIComponent(slug)}?${query({ locale })}`);
  }

  cart(locale) {
    return this.#call(`/cart?${query({ locale })}`);
  }

  addLine(sku, locale) {
    return this.#call(`/cart/lines?${query({ locale })}`, {
      method: 'POST',
      body: { sku, quantity: 1 },
    });
  }

  removeLine(sku, locale) {
    return this.#call(`/cart/lines/${encodeURIComponent(sku)}?${query({ locale })}`, {
      method: 'DELETE',
    });
  }

  /** The same key for each attempt at the same order: it is placed once. */
  checkout(body, key, locale) {
    return this.#call(`/checkout?${query({ locale })}`, {
      method: 'POST',
      body,
      headers: { 'idempotency-key': key },
    });
  }

  async #call(path, { method = 'GET', body, headers = {} } = {}) {
    const isJson = body !== undefined;
    const answer = await ask(this.#base + path, {
      method,
      headers: { ...headers, ...(isJson && { 'content-type': 'application/json' }) },
      ...(isJson && { body: JSON.stringify(body) }),
    });
    const content = await json(answer);
    if (answer.ok) return content;
    const code =
      String(content.type ?? '')
        .split(':')
        .at(-1) || String(answer.status);
    throw new Problem(code, content.detail, content.errors);
  }
}

function query(fields) {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return new URLSearchParams(given);
}
