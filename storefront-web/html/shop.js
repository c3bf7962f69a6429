// The page: products, the cart of a guest, and an order. Texts reach the page as text, never as markup.
import { apiAt, Problem } from './api.js';
import { districts } from './districts.js';
import { digits, taka, words } from './words.js';

const localeKey = 'dhakacart-locale';
const byId = (id) => document.getElementById(id);
const form = byId('order');

let locale = firstLocale();
let api;
let cart;
let cursor;
/** The last change of the cart that was asked for; settled when it has been answered. */
let lastChange = Promise.resolve();
let changesDone = 0;
/** 128 random bits. `crypto.randomUUID` is for secure contexts only (Web Cryptography API, the Crypto interface). */
const newOrderKey = () => crypto.getRandomValues(new Uint32Array(4)).join('-');
/** Drawn anew for each order, kept for each attempt at it until one has succeeded. */
let orderKey = newOrderKey();

/** Failures of an order after which the cart is another one than the page shows. */
const cartIsOld = new Set([
  'total-changed',
  'not-enough-stock',
  'cart-empty',
  'idempotency-key-reused',
]);

const say = (name) => words[locale][name];

function firstLocale() {
  try {
    const kept = localStorage.getItem(localeKey);
    if (kept === 'en' || kept === 'bn') return kept;
  } catch {
    // Storage may be switched off.
  }
  return navigator.language.startsWith('bn') ? 'bn' : 'en';
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function tell(text, isWrong = false) {
  const message = byId('message');
  message.classList.toggle('wrong', isWrong);
  message.setAttribute('role', isWrong ? 'alert' : 'status');
  message.textContent = text;
}

function fieldName(path) {
  return say(path.split('.').at(-1)) ?? path;
}

function sentence({ code, errors, detail }) {
  const known = (code === 'maintenance' && detail) || say(code) || say('failed');
  return [known, ...errors.map(({ path, message }) => `${fieldName(path)}: ${message}.`)].join(' ');
}

/** Runs what a press asks for, once at a time, without taking the focus away; a failure is told in words. */
async function attempt(button, action) {
  if (button.ariaBusy === 'true') return;
  button.ariaBusy = 'true';
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Problem)) console.error(error);
    tell(error instanceof Problem ? sentence(error) : say('failed'), true);
  } finally {
    button.ariaBusy = 'false';
  }
}

function variantName({ options, priceMinor }) {
  const choice = Object.values(options).join(', ');
  return choice === '' ? taka(priceMinor, locale) : `${choice} – ${taka(priceMinor, locale)}`;
}

/** Changes the cart after the changes before: the answer to a guest's first one brings the cookie that the next one needs. */
function inTurn(change) {
  const answer = lastChange.then(change);
  lastChange = answer.then(
    () => {
      changesDone += 1;
    },
    () => undefined,
  );
  return answer;
}

async function addVariant({ sku }, title) {
  showCart(await inTurn(() => api.addLine(sku, locale)));
  byId('placed').hidden = true;
  tell(`${say('added')} ${title}`);
}

/** A product with one variant goes into the cart at once; of several, one is chosen first. Returns what the next press does. */
async function choose({ slug, title }, place) {
  const { variants } = await api.product(slug, locale);
  const buyable = variants.filter(({ stock }) => stock > 0);
  if (buyable.length === 0) throw new Problem('not-found');
  if (buyable.length === 1) {
    await addVariant(buyable[0], title);
    return undefined;
  }
  const select = element(
    'select',
    { ariaLabel: `${say('choice')}: ${title}` },
    ...buyable.map((variant) => new Option(variantName(variant), variant.sku)),
  );
  place.replaceChildren(select);
  select.focus();
  return () => addVariant({ sku: select.value }, title);
}

function productCard(product) {
  const { image, title, inStock, priceFromMinor } = product;
  const { url, width, height, alt } = image;
  const place = element('div');
  const button = element('button', {
    type: 'button',
    disabled: !inStock,
    textContent: say(inStock ? 'add' : 'soldOut'),
    ariaLabel: `${say(inStock ? 'add' : 'soldOut')}: ${title}`,
  });
  let act = async () => {
    act = (await choose(product, place)) ?? act;
  };
  button.addEventListener('click', () => attempt(button, () => act()));
  return element(
    'li',
    {},
    element('img', { src: url, width, height, alt, loading: 'lazy' }),
    element('h3', { textContent: title }),
    element('p', { className: 'price', textContent: taka(priceFromMinor, locale) }),
    place,
    button,
  );
}

async function showProducts({ isMore }) {
  const page = await api.products(locale, isMore ? cursor : undefined);
  const cards = page.items.map(productCard);
  const list = byId('products');
  if (isMore) list.append(...cards);
  else list.replaceChildren(...cards);
  cursor = page.nextCursor;
  byId('more').hidden = cursor === null;
  if (isMore) cards[0]?.querySelector('button').focus();
  if (!isMore && cards.length === 0) tell(say('nothing'));
}

function lineItem({ sku, title, options, quantity, totalMinor, available }) {
  const name = [title, ...Object.values(options)].join(', ');
  const remove = element('button', {
    type: 'button',
    textContent: say('remove'),
    ariaLabel: `${say('remove')}: ${name}`,
  });
  const takeOut = async () => {
    showCart(await inTurn(() => api.removeLine(sku, locale)));
    byId('cart').focus();
  };
  remove.addEventListener('click', () => attempt(remove, takeOut));
  const state = available ? '' : ` (${say('soldOut')})`;
  return element(
    'li',
    {},
    element('span', { textContent: `${digits(quantity, locale)} × ${name}${state}` }),
    element('strong', { textContent: taka(totalMinor, locale) }),
    remove,
  );
}

function deliveryMinor() {
  const { insideDhakaMinor, outsideDhakaMinor } = cart.delivery;
  return form.elements.division.value === 'Dhaka' ? insideDhakaMinor : outsideDhakaMinor;
}

function showSums() {
  byId('items').textContent = taka(cart.itemsMinor, locale);
  byId('delivery').textContent = taka(deliveryMinor(), locale);
  byId('total').textContent = taka(cart.itemsMinor + deliveryMinor(), locale);
}

function showCart(now) {
  cart = now;
  byId('count').textContent = digits(cart.quantity, locale);
  byId('lines').replaceChildren(...cart.lines.map(lineItem));
  byId('empty').hidden = cart.lines.length > 0;
  form.hidden = cart.lines.length === 0;
  showSums();
}

/** Shows the cart that the shop has, unless a change that was done meanwhile has shown a newer one. */
async function loadCart() {
  const doneBefore = changesDone;
  const now = await api.cart(locale);
  if (changesDone === doneBefore) showCart(now);
}

/** As far as possible: what has been told must not be lost because the cart cannot be read. */
const refreshCart = () => loadCart().catch(() => undefined);

function showDistricts() {
  const { division, district } = form.elements;
  const names = districts[division.value].split(',');
  district.replaceChildren(...names.map((name) => new Option(name)));
  if (cart) showSums();
}

async function placeOrder() {
  const { name, phone, division, district, upazila, street } = Object.fromEntries(
    new FormData(form),
  );
  const body = {
    address: { name, phone, division, district, upazila, street },
    payment: 'cod',
    expectedTotalMinor: cart.itemsMinor + deliveryMinor(),
  };
  let receipt;
  try {
    receipt = await inTurn(() => api.checkout(body, orderKey, locale));
  } catch (error) {
    // A refusal uses no key up. Where nobody knows whether the order was placed, as after a gateway's 504, the next attempt asks
    // with the same key and gets that order; only a key that belongs to another order is of no use any more.
    if (error.code === 'idempotency-key-reused') orderKey = newOrderKey();
    if (cartIsOld.has(error.code)) void refreshCart();
    throw error;
  }
  orderKey = newOrderKey();
  showCart({ ...cart, lines: [], quantity: 0, itemsMinor: 0 });
  showReceipt(receipt.order);
  void refreshCart();
}

function showReceipt({ number, totalMinor }) {
  byId('number').textContent = digits(number, locale);
  byId('due').textContent = taka(totalMinor, locale);
  byId('placed').hidden = false;
  byId('placed').focus();
  tell(say('thanks'));
}

function showLanguage() {
  document.documentElement.lang = locale;
  for (const one of document.querySelectorAll('[data-word]'))
    one.textContent = say(one.dataset.word);
  for (const button of document.querySelectorAll('[data-locale]'))
    button.setAttribute('aria-pressed', String(button.dataset.locale === locale));
}

async function showAll() {
  showLanguage();
  tell(say('loading'));
  api ??= await apiAt('/config.json');
  tell('');
  await Promise.all([showProducts({ isMore: false }), loadCart()]);
}

function changeLocale(next) {
  locale = next;
  try {
    localStorage.setItem(localeKey, locale);
  } catch {
    // Then it holds for this visit.
  }
  return showAll();
}

for (const button of document.querySelectorAll('[data-locale]')) {
  button.addEventListener('click', () => {
    void attempt(button, () => changeLocale(button.dataset.locale));
  });
}
const more = byId('more');
more.addEventListener('click', () => {
  void attempt(more, () => showProducts({ isMore: true }));
});
form.elements.division.append(...Object.keys(districts).map((name) => new Option(name)));
form.elements.division.addEventListener('change', showDistricts);
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(form, placeOrder);
});
showDistricts();
void attempt(document.body, showAll);
