// What the page says, in both languages. Texts of products come from the API in the language that is asked for.

/** Every sentence by its name. */
export const words = {
  en: {
    toCart: 'Go to the cart',
    cart: 'Cart',
    products: 'Products',
    more: 'More products',
    empty: 'The cart is empty.',
    add: 'Add to cart',
    remove: 'Remove',
    soldOut: 'Sold out',
    choice: 'Choice',
    added: 'In the cart:',
    whereTo: 'Where should it go?',
    name: 'Name',
    phone: 'Mobile number',
    division: 'Division',
    district: 'District',
    upazila: 'Upazila or thana',
    street: 'House, road, area',
    items: 'Items',
    delivery: 'Delivery',
    total: 'Total',
    cash: 'You pay in cash at your door.',
    order: 'Place the order',
    thanks: 'Thank you! Your order is placed.',
    orderNumber: 'Your order number is',
    toPay: 'To be paid at your door:',
    loading: 'Loading…',
    nothing: 'There is nothing in the shop yet.',
    unreachable: 'The shop cannot be reached. Check your connection and try again.',
    'wrong-config': 'This page is not set up: /config.json does not say where the API is.',
    failed: 'Something went wrong in the shop. Please try again.',
    'not-found': 'This is not sold any more.',
    'not-enough-stock': 'There are not as many pieces left. Please look at your cart.',
    'total-changed': 'The total has changed. Please look at it and order again.',
    'cart-empty': 'The cart is empty.',
    'cart-busy': 'The cart is being changed. Please try again.',
    'cart-full': 'The cart is full.',
    'idempotency-key-reused':
      'Your order from before the change is placed already. Nothing was ordered now. Please ask the shop if it should be changed.',
    'too-many-requests': 'That was too often. Please wait a little.',
    unavailable: 'The shop cannot do this now. Please try again soon.',
    overloaded: 'Many people are in the shop right now. Please try again in a moment.',
    'invalid-request': 'Please check:',
  },
  bn: {
    toCart: 'ঝুড়িতে যান',
    cart: 'ঝুড়ি',
    products: 'পণ্য',
    more: 'আরও পণ্য',
    empty: 'ঝুড়ি খালি।',
    add: 'ঝুড়িতে রাখুন',
    remove: 'সরান',
    soldOut: 'শেষ হয়ে গেছে',
    choice: 'ধরন',
    added: 'ঝুড়িতে রাখা হয়েছে:',
    whereTo: 'কোথায় পাঠাব?',
    name: 'নাম',
    phone: 'মোবাইল নম্বর',
    division: 'বিভাগ',
    district: 'জেলা',
    upazila: 'উপজেলা বা থানা',
    street: 'বাড়ি, রাস্তা, এলাকা',
    items: 'পণ্যের দাম',
    delivery: 'ডেলিভারি',
    total: 'মোট',
    cash: 'টাকা দেবেন পণ্য হাতে পেয়ে।',
    order: 'অর্ডার করুন',
    thanks: 'ধন্যবাদ! আপনার অর্ডার নেওয়া হয়েছে।',
    orderNumber: 'আপনার অর্ডার নম্বর',
    toPay: 'পণ্য হাতে পেয়ে দেবেন:',
    loading: 'আসছে…',
    nothing: 'দোকানে এখনও কিছু নেই।',
    unreachable: 'দোকানে পৌঁছানো যাচ্ছে না। ইন্টারনেট সংযোগ দেখে আবার চেষ্টা করুন।',
    'wrong-config': 'পাতাটি প্রস্তুত নয়: /config.json-এ API-এর ঠিকানা নেই।',
    failed: 'দোকানে একটা সমস্যা হয়েছে। আবার চেষ্টা করুন।',
    'not-found': 'এটি আর বিক্রি হয় না।',
    'not-enough-stock': 'এতগুলো আর নেই। ঝুড়িটা একবার দেখুন।',
    'total-changed': 'মোট দাম বদলে গেছে। দেখে আবার অর্ডার করুন।',
    'cart-empty': 'ঝুড়ি খালি।',
    'cart-busy': 'ঝুড়ি এখন বদলাচ্ছে। আবার চেষ্টা করুন।',
    'cart-full': 'ঝুড়ি ভরে গেছে।',
    'idempotency-key-reused':
      'বদলানোর আগের অর্ডারটি আগেই নেওয়া হয়েছে। এবার নতুন কিছু অর্ডার হয়নি। অর্ডারটি বদলাতে চাইলে দোকানে জানান।',
    'too-many-requests': 'খুব ঘন ঘন হয়ে গেছে। একটু অপেক্ষা করুন।',
    unavailable: 'দোকান এখন এটা পারছে না। একটু পরে আবার চেষ্টা করুন।',
    overloaded: 'এখন দোকানে অনেক ভিড়। একটু পরে আবার চেষ্টা করুন।',
    'invalid-request': 'এগুলো দেখুন:',
  },
};

const numberLocales = { en: 'en-BD', bn: 'bn-BD' };
const poishaPerTaka = 100;

/** An amount of poisha as taka. */
export function taka(minor, locale) {
  return new Intl.NumberFormat(numberLocales[locale], {
    style: 'currency',
    currency: 'BDT',
    currencyDisplay: 'narrowSymbol',
    trailingZeroDisplay: 'stripIfInteger',
  }).format(minor / poishaPerTaka);
}

/** A whole number in the digits of the language. */
export function digits(number, locale) {
  return new Intl.NumberFormat(numberLocales[locale], { useGrouping: false }).format(number);
}
