// `spec.maintenance`: the shop says that it is being worked on, and stops writing or answering. The API reads it.
import { z } from 'zod';
import { freeText } from './formats.ts';

const message = (language: string) =>
  freeText(300)
    .default('')
    .describe(`What shoppers read in ${language}; a sentence of the shop's own when empty.`);

/** Schema of `spec.maintenance`. */
export const maintenanceSpec = z
  .object({
    mode: z
      .enum(['Off', 'ReadOnly', 'Full'])
      .default('Off')
      .describe(
        'ReadOnly: shoppers browse, and nothing can be changed or ordered. Full: every request is answered with 503. Write "Off" in quotes: YAML reads a bare Off as false.',
      ),
    message: z
      .object({ en: message('English'), bn: message('Bangla') })
      .prefault({})
      .describe('What shoppers read meanwhile.'),
  })
  .prefault({})
  .describe(
    'Maintenance of the shop. It begins and ends as the pods of the API are replaced, one after the other.',
  );
