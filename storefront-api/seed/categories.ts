import type { NewCategory } from '../domain/catalogue.ts';

/** Categories of the demonstration shop, parents first. */
export const seedCategories: readonly NewCategory[] = [
  { path: 'clothing', name: { en: 'Clothing', bn: 'পোশাক' } },
  { path: 'clothing/saree', name: { en: 'Sarees', bn: 'শাড়ি' } },
  { path: 'clothing/panjabi', name: { en: 'Panjabis', bn: 'পাঞ্জাবি' } },
  { path: 'clothing/everyday', name: { en: 'Everyday wear', bn: 'প্রতিদিনের পোশাক' } },
  { path: 'food', name: { en: 'Food', bn: 'খাবার' } },
  { path: 'food/fish', name: { en: 'Fish', bn: 'মাছ' } },
  { path: 'food/grocery', name: { en: 'Grocery', bn: 'মুদি' } },
  { path: 'food/sweets', name: { en: 'Sweets', bn: 'মিষ্টি' } },
  { path: 'home', name: { en: 'Home', bn: 'ঘর' } },
  { path: 'home/textile', name: { en: 'Home textiles', bn: 'ঘরের কাপড়' } },
  { path: 'home/craft', name: { en: 'Handicraft', bn: 'হস্তশিল্প' } },
  { path: 'bags', name: { en: 'Bags', bn: 'ব্যাগ' } },
];
