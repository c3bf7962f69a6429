import { z } from 'zod';
import { orderStates } from '../domain/order-state.ts';
import { importColumns } from '../domain/product-import.ts';
import { maxStock, maxVariants, productStatuses } from '../domain/staff-catalogue.ts';
import { flagText } from '../routing/query-fields.ts';
import { priceMinor, sku } from './cart-schemas.ts';
import { categoryPath, pageLimits, slug } from './catalogue-schemas.ts';
import { orderBody, ordersQuery } from './order-schemas.ts';

function bilingual(shortest: number, longest: number) {
  const text = z.string().trim().min(shortest).max(longest);
  return z.strictObject({ en: text, bn: text });
}

const maxImageSide = 10_000;
const imageSide = z.int().min(1).max(maxImageSide);
const imageUrl = z
  .string()
  .max(500)
  .regex(
    /^(?:https:\/\/[^\s"'<>\\]+|\/api\/images\/[\w.-]+)$/,
    'must begin with https:// or /api/images/',
  );
const image = z.strictObject({
  url: imageUrl,
  width: imageSide,
  height: imageSide,
  alt: bilingual(0, 300),
});
const optionName = z.string().regex(/^[a-z]{1,20}$/, 'must be a word in lower case');
const maxOptions = 10;
const variantOptions = z
  .record(optionName, z.string().trim().min(1).max(50))
  .refine((all) => Object.keys(all).length <= maxOptions, `at most ${maxOptions} options`);
const stock = z.int().min(0).max(maxStock);
const status = z.enum(productStatuses);
const version = z.int().positive();

const content = {
  categoryPath,
  title: bilingual(1, 200),
  description: bilingual(0, 5_000),
  image,
  status,
};

/** A variant to be added. */
export const newVariant = z.strictObject({ sku, options: variantOptions, priceMinor, stock });

/** A product to be added. */
export const newProduct = z.strictObject({
  ...content,
  slug,
  status: status.default('draft'),
  variants: z.array(newVariant).min(1).max(maxVariants),
});

/** What of a product shall be otherwise. */
export const productPatch = z
  .strictObject(content)
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'names nothing to change');

/** Path of one product. */
export const slugParams = z.strictObject({ slug });

/** Path of one variant. */
export const skuParams = z.strictObject({ sku });

/** Path of one account. */
export const userParams = z.strictObject({ id: z.uuid() });

/** What of a variant shall be otherwise, its stock left aside. */
export const variantPatch = z
  .strictObject({ options: variantOptions, priceMinor })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'names nothing to change');

/** A new stock. */
export const stockBody = z.union([
  z.strictObject({ stock: stock.describe('Pieces that were counted.') }),
  z.strictObject({
    change: z.int().min(-maxStock).max(maxStock).describe('Pieces that came, or went (negative).'),
  }),
]);

/** A category to be added or changed. */
export const categoryBody = z.strictObject({
  path: categoryPath,
  name: bilingual(1, 100),
  position: z
    .int()
    .min(0)
    .max(10_000)
    .optional()
    .describe(
      'Place among its siblings: the smallest first, equal ones by path. Left out: 0 for a new category, else as it was.',
    ),
});

/** Query that names a category. */
export const categoryQuery = z.strictObject({ path: categoryPath });

/** Query of the product list. */
export const adminProductsQuery = z.strictObject({
  ...ordersQuery.shape,
  status: status.optional(),
});

/** Query of the order list. */
export const adminOrdersQuery = z.strictObject({
  ...ordersQuery.shape,
  state: z.enum(orderStates).optional(),
});

/** A step of an order's life. Nothing leads back to `placed`. */
export const transitionBody = z.strictObject({
  to: z.enum(orderStates).exclude(['placed']),
  note: z.string().trim().max(500).default('').describe('For staff; the buyer does not see it.'),
});

/** Query of an import. */
export const importQuery = z.strictObject({
  dry_run: flagText('Only say what is wrong; add nothing.').default(false),
});

const savedText = z.strictObject({ en: z.string(), bn: z.string() });
const savedOptions = z.record(z.string(), z.string());

/** A variant with its version. */
export const variantReply = z.strictObject({
  sku: z.string(),
  options: savedOptions,
  priceMinor,
  stock,
  version,
});

/** A product with everything that staff may change. */
export const productReply = z.strictObject({
  slug: z.string(),
  categoryPath: z.string(),
  title: savedText,
  description: savedText,
  image: z.strictObject({ url: z.string(), width: imageSide, height: imageSide, alt: savedText }),
  status,
  version,
  variants: z.array(variantReply),
});

/** A page of products. */
export const adminProductPage = z.strictObject({
  items: z
    .array(
      z.strictObject({
        slug: z.string(),
        categoryPath: z.string(),
        title: savedText,
        status,
        priceFromMinor: priceMinor,
        inStock: z.boolean(),
        version,
      }),
    )
    .max(pageLimits.max),
  nextCursor: z.string().nullable(),
});

/** A category as it is now. */
export const categoryReply = z.strictObject({ path: z.string(), name: savedText });

/** An order with what staff have written to its steps. */
export const adminOrderBody = z.strictObject({
  order: orderBody.shape.order,
  history: z.array(
    z.strictObject({
      ...orderBody.shape.history.element.shape,
      note: z.string().optional(),
      actorId: z.uuid().nullable().optional(),
    }),
  ),
});

/** How many sessions ended. */
export const revokedReply = z.strictObject({ revoked: z.int().min(0) });

/** What an import has found. */
export const importReport = z.strictObject({
  dryRun: z.boolean(),
  rows: z.int().min(0),
  products: z.int().min(0).describe('Products added, or that would be.'),
  errorCount: z.int().min(0),
  errors: z
    .array(
      z.strictObject({
        row: z.int().min(1).describe('Line of the file; 1 is the heading.'),
        column: z.enum([...importColumns, '']).describe('Empty: the row as a whole.'),
        message: z.string().describe('What is wrong and what to write.'),
      }),
    )
    .describe('The first hundred.'),
});
